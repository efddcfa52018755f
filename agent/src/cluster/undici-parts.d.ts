// Parts of undici alone: the whole of it takes another 10 MB, for a `fetch` that nobody here uses. A pool alone knows
// `dispatch` and `destroy`; `request` is called on it.

declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici'
}

declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici'
  const request: (this: Dispatcher, options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>
  export default request
}
