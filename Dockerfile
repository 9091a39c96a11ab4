# syntax=docker/dockerfile:1

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Install scripts are not needed: every native package brings its binary. Nor is what tools/ has for tests and checks.
RUN npm ci --workspaces=false --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY console ./console
RUN npm run build
# What serves needs neither the development packages nor the Node.js that the lock brings for older systems.
RUN npm prune --omit=dev --workspaces=false --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/node-linux-* node_modules/.bin/node

FROM node:24-slim
LABEL org.opencontainers.image.title="Latchkey" \
  org.opencontainers.image.description="A self-hosted feature-flag service that unlocks" \
  org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
  GRPC_ADDR=0.0.0.0:50051 \
  HTTP_ADDR=0.0.0.0:8080 \
  OPS_ADDR=0.0.0.0:9464 \
  DRAIN_DELAY_SECONDS=5
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/dist-console ./dist-console
COPY proto ./proto
COPY migrations ./migrations
COPY scripts/health-check.mjs ./scripts/health-check.mjs
# The embedded database, the bootstrap token and the snapshot for a cold start are all that is ever written.
RUN mkdir data && chown node:node data && chmod 700 data
VOLUME /app/data
USER node
EXPOSE 50051 8080 9464
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 CMD ["node", "scripts/health-check.mjs"]
# No shell in between: the server gets SIGTERM itself and drains. The addresses are not loopback, so that it refuses to
# start until it is given TLS or told ALLOW_PLAINTEXT=true.
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]
