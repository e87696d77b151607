// A rule that fails to be asked counts as its effect wants: closed.

export function orElse<T>(ask: () => T, onError: T): T {
  try {
    return ask()
  } catch {
    return onError
  }
}
