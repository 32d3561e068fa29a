import ts from "typescript-6";

/** What each file exports, types included, as "class Name", "function name", "type Name" or "const name". */
export function exportedNames(files: readonly string[]): Map<string, readonly string[]> {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ["@solent/source"],
    noEmit: true,
    allowImportingTsExtensions: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const found = new Map<string, readonly string[]>();
  for (const file of files) {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${file} is no module`);
    const lines = checker.getExportsOfModule(module).map((symbol) => `${kindOf(symbol, checker)} ${symbol.name}`);
    found.set(file, lines.toSorted());
  }
  return found;
}

function kindOf(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const { flags, name } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  if (name === "unknown") throw new Error(`"${symbol.name}" is exported but nothing declares it`);
  if (flags & ts.SymbolFlags.Class) return "class";
  if (flags & ts.SymbolFlags.Function) return "function";
  if (flags & ts.SymbolFlags.Variable) return "const";
  return "type";
}
