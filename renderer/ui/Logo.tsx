// The mark: a gate with its portcullis down. Same drawing as logo.svg and build/icon.svg.

export const Logo = ({ size = 20 }: { readonly size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
    <rect width="32" height="32" rx="7.5" fill="#0c5f5a" />
    <path fill="#fff" d="M6 9V6.5h2.2V9h1.6V6.5H12V9h8V6.5h2.2V9h1.6V6.5H26V25.5h-4.5V17a5.5 5.5 0 0 0-11 0v8.5H6z" />
    <path stroke="#8fe0d4" strokeWidth="1.5" strokeLinecap="round" d="M13.3 15.6v8.2M16 14.5v10.3M18.7 15.6v8.2M12.2 18.6h7.6M12.2 21.9h7.6" />
  </svg>
)
