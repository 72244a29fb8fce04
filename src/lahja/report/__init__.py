"""Tables, figures and the report page, from the tables of scores."""
