// Work that is done when it is first asked for.

// Returns a function that calls `make` once, with the arguments of the first call.
export function once(make) {
  let value;
  return (...settings) => { value ??= make(...settings); return value; };
}
