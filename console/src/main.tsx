import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { makeQueryClient } from './api/query-client.js';
import { router } from './app/router.js';
import { SessionGate } from './app/session/session-gate.js';
import { UiRoot } from './ui/ui-root.js';

createRoot(document.getElementById('console')!).render(
  <StrictMode>
    <UiRoot>
      <QueryClientProvider client={makeQueryClient()}>
        <SessionGate>
          <RouterProvider router={router} />
        </SessionGate>
      </QueryClientProvider>
    </UiRoot>
  </StrictMode>,
);
