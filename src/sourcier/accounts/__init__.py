"""Who, where, with which right: organisations, departments, people, delivery places."""
