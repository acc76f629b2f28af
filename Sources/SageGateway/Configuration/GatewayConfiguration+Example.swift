extension GatewayConfiguration {
    /// The commented example that `sage config init` writes; it loads as it is, without any variable set.
    package static let exampleFile = #"""
        # Configuration of `sage serve`. Check it with `sage config check`, see the result with `sage config show`.
        #
        # Only `providers` is needed; every other value below is the default unless the comment says otherwise.
        # ${NAME} is a variable of the environment, ${NAME:-default} one that may be unset or empty, $$ a dollar sign.
        # Durations: 100ms, 1.5s, 2m, 1h30m, 0. Sizes: bytes, or 10KB, 32MiB. An unknown key is an error.

        server:
          host: 127.0.0.1                     # an address other than loopback opens the server to others
          port: 4141                          # 0 lets the system choose
          adminToken: ${SAGE_ADMIN_TOKEN:-}   # empty: the admin interface answers on loopback only
          allowedHosts: []                    # without keys: names besides localhost that requests may be for
          allowedOrigins: []                  # web pages that may read answers, https://app.example
          maxBodyBytes: 32MiB
          maxHeaderBytes: 64KiB
          idleTimeout: 120s                   # a connection without a request
          requestTimeout: 60s                 # a client sending one whole request
          streamKeepAlive: 10s                # a stream without its first token: from then on pings; 0 sends none
          shutdownGrace: 30s                  # requests in flight when the server is told to stop

        # Models of every provider can be asked for as provider/model, for example openai/gpt-5-mini.
        providers:
          openai:
            kind: openai                      # openai | anthropic | gemini | simulated; compatible services: openai
            baseURL: https://api.openai.com/v1
            apiKey: ${OPENAI_API_KEY:-}       # empty: no key is sent, as local servers need none
            # apiKeys: [${KEY_A}, ${KEY_B}]   # instead of apiKey: requests take turns, and a refused key is left out
            headers: {}                       # added to every request, for example { openai-project: proj_1 }
            responses: auto                   # /v1/responses: native, translated to chat, or auto by the address
            policy: default
            # limits:                         # of all its models together; left out: no limit
            #   preset: openai                # anthropic | openai | google: 60, 100 or 30 requests a minute
            #   requestsPerMinute: 500
            #   tokensPerMinute: 200000       # of requests and answers together
            #   maxConcurrent: 64
            #   maxQueued: 1000               # requests that wait for each of these limits
            # models:                         # limits of single models, beside those of the provider
            #   gpt-5-mini: { limits: { requestsPerMinute: 300 } }
          anthropic:
            kind: anthropic
            baseURL: https://api.anthropic.com
            apiKey: ${ANTHROPIC_API_KEY:-}
          gemini:
            kind: gemini
            baseURL: https://generativelanguage.googleapis.com
            apiKey: ${GEMINI_API_KEY:-}
          local:                              # an example of a server on this machine
            kind: openai
            baseURL: http://127.0.0.1:11434/v1
          simulated:                          # answers as model sage-sim without any key
            kind: simulated

        models:
          smart:                              # a name of your own
            targets:                          # a target that cannot be called now is passed over
              - { provider: openai, model: gpt-5-mini, weight: 1 }
              - { provider: local, model: llama3.2 }
            strategy: ordered                 # ordered | weighted | leastBusy | latency
            policy: default                   # left out: the policy of the first target's provider
            fallbacks:                        # other names of this section
              general: []                     # none of this model's targets answers
              contextWindow: []               # the request is too long
              contentPolicy: []               # the request was refused by a content filter

        policies:
          default:
            deadline: 120s                    # until the answer, with all retries; of a stream until its first token
            attemptTimeout: 60s               # one attempt
            timeouts:
              connect: 5s
              responseHeaders: 60s
              firstToken: 30s
              betweenTokens: 30s
              total: null                     # a whole stream; null: as long as tokens come
              minThroughput: 0.1              # the fewest tokens a second of a stream; null: no minimum
              throughputWindow: 60s           # over how long that is averaged
            retry:
              maxAttempts: 4                  # the first one included
              strategy: exponential           # fixed | linear | exponential | fibonacci | decorrelated
              initialDelay: 100ms
              multiplier: 2
              maxDelay: 30s
              jitter: full                    # none | full | equal | proportional
              maxServerHint: 60s              # a provider that asks for more is not waited for
            breaker:
              window: 10 calls                # or a time: 30s
              minimumCalls: 5
              failureRate: 0.5
              consecutiveFailures: 5          # or off
              slowCall: 30s
              slowRate: 0.8
              recoveryTimeout: 30s
              halfOpenMaxCalls: 3
            budget:                           # retries beside the requests in flight
              ratio: 0.2
              floor: 3
            hedge:                            # a second call beside one that takes long; costs money
              enabled: false                  # a client can ask for it with x-sage-hedge: true
              delay: p95                      # of the target's recent answers; or a time: 500ms
              maxHedges: 1
            maxWait: 5s                       # for a provider's limits, where no other target is free
            maxClientWait: 600s               # for clients that say they wait longer than the defaults of these times

        # Keys of clients; none: any key is accepted, and only on this machine. `sage keys create` makes one, and prints
        # the line for here, which holds only a hash.
        keys: []
        #  - name: team-a
        #    hash: "sha256:..."
        #    requestsPerMinute: 600             # left out: no limit
        #    tokensPerMinute: 400000
        #    priority: normal                   # the highest that requests may ask for: low | normal | high | critical
        #    models: ["*"]                      # names, or patterns such as openai/*

        # Where conversations, memory and the state of breakers are kept. A relative path starts at the data directory
        # (--data-dir, by default .sage).
        storage:
          state: sqlite:sage.db               # of breakers and limits: a file, redis://host:6379/0, or local
          sessions: sqlite:sage.db            # or postgres://user:password@host:5432/db
          memory: sqlite:sage.db              # or postgres://..., with the extension pgvector
          retention:
            sessions: 90d                     # since the last message; or off
            maxSessions: off                  # beyond that the oldest are deleted; or a number
            maxBytes: 10GiB                   # of all conversations; or off
          shared:                             # between instances with the same store of state
            quorum: 1                         # how many must have opened a breaker before the others follow
            interval: 1s                      # how often state is published and read
            sharedLimits: false               # whether limits a minute count for all instances together
            timeout: 50ms                     # how long a request waits for them; then its instance decides alone

        memory:
          embeddings: null                    # null: a built-in lexical embedder, which needs no provider
          # embeddings:
          #   model: openai/text-embedding-3-small
          #   dimensions: 512                   # left out: as many as the model gives
          recall:                             # what /chat looks up before it asks a model
            enabled: true                     # where the request does not say it
            k: 5                              # the most memories
            mode: hybrid                      # hybrid | vector | text
            maxCharacters: 8000
            minSimilarity: 0.3                # of memories without a telling word in common: 0 to 1
          save: user                          # what /chat saves of a turn: off | user | turn

        agent:                                # how /chat answers
          model: null                         # where a request names none; null: the only one of `models`
          system: null                        # what a model is told before the conversation
          maxToolRounds: 8                    # how often a model may ask for tools in one turn
          historyTokens: 32000                # of a conversation that a model gets to see; older turns are left out
          historyMessages: 200
          turnTimeout: 600s                   # a whole turn, with its tools
          memoryTools: false                  # lets models call memory_search and memory_save
          tools: []
          #  - name: weather
          #    description: The weather of a city.
          #    parameters: { type: object, properties: { city: { type: string } }, required: [city] }
          #    url: https://tools.example/weather   # gets the arguments as JSON by POST
          #    headers: {}                          # for example { authorization: "Bearer ${TOOL_TOKEN}" }
          #    timeout: 30s
          #    repeatable: true                     # a call whose outcome is unknown may be made again

        telemetry:
          log: info                           # trace | debug | info | notice | warning | error | critical
          logFormat: text                     # text | json
          otlp: null                          # traces to a collector of OpenTelemetry, over HTTP in JSON:
          # otlp:
          #   endpoint: http://127.0.0.1:4318   # left out: OTEL_EXPORTER_OTLP_ENDPOINT
          #   headers: {}                       # beside those of OTEL_EXPORTER_OTLP_HEADERS
          #   sampleRatio: 1                    # the share of traces that begin here

        """#
}
