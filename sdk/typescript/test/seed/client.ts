// What the printed examples take for granted.
import express from 'express';
import { TajoClient } from '@tajo/sdk';

declare global {
  namespace NodeJS {
    interface ProcessEnv {
      INTERCOM_CLIENT_SECRET: string;
    }
  }
}

export const tajo = new TajoClient({ apiKey: process.env.TAJO_API_KEY });
export const app = express();
app.use(express.json());
