// Nothing is exported until there is a layer to export: see the README.
export {};
