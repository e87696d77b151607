// One page's failure stays that page's: says what happened and lets people try again. React knows error boundaries as classes only.
import { Bug } from 'lucide-react'
import { Component, type ReactNode } from 'react'
import { Button } from './Button.tsx'
import { Empty } from './Empty.tsx'

interface State { readonly error: Error | null }

export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null }

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === null) return this.props.children
    return (
      <div role="alert">
        <Empty
          icon={<Bug size={20} />} title="This page failed"
          action={<Button look="primary" onClick={() => this.setState({ error: null })}>Try again</Button>}
        >
          <p>This is a fault of ours. Your queries are kept, and the other pages still work.</p>
          <p><code>{error.message}</code></p>
        </Empty>
      </div>
    )
  }
}
