mod choose;
