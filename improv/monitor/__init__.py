"""The page: what of a session is shown in a browser, and what is done there. Its server is a process of its own."""
