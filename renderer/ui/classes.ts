// Joins class names; what is not there leaves no trace.

export const classes = (...names: readonly (string | false | null | undefined)[]): string => names.filter(Boolean).join(' ')
