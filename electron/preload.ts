// Runs in the page's process before the page, sandboxed: gives it `window.gatehouse` and nothing else.
import { contextBridge, ipcRenderer } from 'electron'
import { createDesktop } from './ipc/desktop.ts'

const { call, on } = createDesktop({
  invoke: (channel, ...values) => ipcRenderer.invoke(channel, ...values),
  on: (channel, listener) => { ipcRenderer.on(channel, (event, message) => listener(event, message)) },
})
contextBridge.exposeInMainWorld('gatehouse', { call, on })
