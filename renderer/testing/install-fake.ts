// Puts the fake Desktop where Electron's preload would put the real one: bundled by itself and run before the page, so that the built
// renderer can be tried in a browser without a host. Options come from `window.fakeOptions`.
import { FakeDesktop, type FakeOptions } from './fake-desktop.ts'

const page = window as unknown as { fakeOptions?: FakeOptions; gatehouse: FakeDesktop }
page.gatehouse = new FakeDesktop(page.fakeOptions ?? {})
