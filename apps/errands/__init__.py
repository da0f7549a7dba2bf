"""A campaign is handed to employees: what to reach, with what, until when."""
