import { defineConfig } from '@hey-api/openapi-ts';

// Types only: the client is small enough to be read. The document is the server's own, checked by the server's CI.
export default defineConfig({
  input: process.env.TAJO_OPENAPI ?? '../../docs/reference/openapi.json',
  output: { path: 'src/generated', clean: true },
  plugins: ['@hey-api/typescript'],
});
