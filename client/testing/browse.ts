// A browser for tests: follows redirects with a jar of cookies per origin, and submits a page's form.

export interface Page { readonly url: string; readonly status: number; readonly body: string }

export function createBrowser() {
  const jar = new Map<string, Map<string, string>>()

  async function go(url: string, form: Readonly<Record<string, string>> | null = null): Promise<Page> {
    let [next, body] = [url, form]
    for (let hop = 0; hop < 10; hop++) {
      const { host } = new URL(next)
      const cookies = jar.get(host) ?? new Map<string, string>()
      jar.set(host, cookies)
      const response = await fetch(next, {
        redirect: 'manual', headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '), ...(body === null ? {} : { origin: new URL(next).origin }) },
        ...(body === null ? {} : { method: 'POST', body: new URLSearchParams(body) }),
      })
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
        cookies.set(name!, value!)
      }
      const location = response.headers.get('location')
      if (location === null) return { url: next, status: response.status, body: await response.text() }
      ;[next, body] = [new URL(location, next).href, null]
    }
    throw new Error('too many redirects')
  }

  return {
    go,
    /** Sends the page's form, with its hidden fields. */
    submit({ url, body }: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
      const action = /<form[^>]*action="([^"]*)"/.exec(body)?.[1]?.replaceAll('&amp;', '&') ?? url
      const hidden = [...body.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([tag]) => [/name="([^"]*)"/.exec(tag)?.[1] ?? '', /value="([^"]*)"/.exec(tag)?.[1] ?? ''])
      return go(new URL(action, url).href, { ...Object.fromEntries(hidden) as Record<string, string>, ...fields })
    },
  }
}
