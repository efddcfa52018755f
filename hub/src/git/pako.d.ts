/** The part of pako 1 that is replaced; it has no types of its own. */
declare module 'pako' {
  const pako: object
  export default pako
}
