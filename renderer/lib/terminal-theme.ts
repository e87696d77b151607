// A terminal's sixteen colours on our two grounds. Each holds 4.5:1 on its ground by itself; xterm sees to the rest
// (minimumContrastRatio), so that a program cannot write what is there but cannot be read.
import type { ITheme } from '@xterm/xterm'

const light: ITheme = {
  background: '#ffffff', foreground: '#1a1b1e', cursor: '#0b6b65', cursorAccent: '#ffffff', selectionBackground: '#b9e3df', selectionInactiveBackground: '#dcefed',
  black: '#1a1b1e', red: '#b3261e', green: '#19703f', yellow: '#8a4b08', blue: '#1c5bb5', magenta: '#7a3fa8', cyan: '#0a625d', white: '#676a72',
  brightBlack: '#676a72', brightRed: '#c2332a', brightGreen: '#1f7d48', brightYellow: '#9a5a10', brightBlue: '#2b67c4', brightMagenta: '#8a4dba', brightCyan: '#0b6b65', brightWhite: '#3a3c42',
  scrollbarSliderBackground: '#c4c4c180', scrollbarSliderHoverBackground: '#a9a9a6b0', scrollbarSliderActiveBackground: '#8f8f8cb0',
}

const dark: ITheme = {
  background: '#131417', foreground: '#e9eaec', cursor: '#5fd0c5', cursorAccent: '#131417', selectionBackground: '#1f5f5a', selectionInactiveBackground: '#234442',
  black: '#2a2c31', red: '#ff9187', green: '#6bd69a', yellow: '#f4b05c', blue: '#8ab8ff', magenta: '#d3a4f5', cyan: '#5fd0c5', white: '#d5d7db',
  brightBlack: '#8f939c', brightRed: '#ffaaa2', brightGreen: '#8be3b1', brightYellow: '#f8c583', brightBlue: '#a9caff', brightMagenta: '#e0bffa', brightCyan: '#84ded5', brightWhite: '#ffffff',
  scrollbarSliderBackground: '#45484f80', scrollbarSliderHoverBackground: '#5a5e67b0', scrollbarSliderActiveBackground: '#70757fb0',
}

export const terminalTheme = (isDark: boolean): ITheme => (isDark ? dark : light)
