// Counts what goes from JavaScript into wasm (`in`) and from wasm to JavaScript (`out`).
//
// It must be imported before the product, whose module makes its instance as it is evaluated. What is
// given to wasm, and what wasm gives, are the same functions with a counter before each.
export const crossings = { in: 0, out: 0 };

const Instance = WebAssembly.Instance;

/** The same names; what is a function counts first. */
function counted(all, way) {
  const entries = Object.entries(all).map(([name, it]) => {
    if (typeof it !== "function" || it instanceof WebAssembly.Exception) return [name, it];
    return [name, function (...args) {
      crossings[way] += 1;
      return it.apply(this, args);
    }];
  });
  return Object.fromEntries(entries);
}

WebAssembly.Instance = function (module, imports) {
  const spaces = Object.entries(imports).map(([space, all]) => [space, counted(all, "out")]);
  const instance = new Instance(module, Object.fromEntries(spaces));
  return { exports: counted(instance.exports, "in") };
};
