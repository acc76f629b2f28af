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
          maxBodyBytes: 32MiB
          maxHeaderBytes: 64KiB
          idleTimeout: 120s                   # a connection without a request
          requestTimeout: 60s                 # a client sending one whole request
          shutdownGrace: 30s                  # requests in flight when the server is told to stop

        # Models of every provider can be asked for as provider/model, for example openai/gpt-5-mini.
        providers:
          openai:
            kind: openai                      # openai | simulated; compatible services use openai and their baseURL
            baseURL: https://api.openai.com/v1
            apiKey: ${OPENAI_API_KEY:-}       # empty: no key is sent, as local servers need none
            headers: {}                       # added to every request, for example { openai-project: proj_1 }
            policy: default
          local:                              # an example of a server on this machine
            kind: openai
            baseURL: http://127.0.0.1:11434/v1
          simulated:                          # answers as model sage-sim without any key
            kind: simulated

        models:
          smart:                              # a name of your own
            targets:                          # the first one that is able to answer
              - { provider: openai, model: gpt-5-mini, weight: 1 }
              - { provider: local, model: llama3.2 }
            strategy: ordered
            policy: default                   # left out: the policy of the first target's provider
            fallbacks:                        # other names of this section, for what no retry mends
              contextWindow: []               # the request is too long
              contentPolicy: []               # the request was refused by a content filter

        policies:
          default:
            deadline: 120s                    # a whole request, with its retries
            attemptTimeout: 60s               # one attempt
            timeouts:
              connect: 5s
              responseHeaders: 60s
              firstToken: 30s
              betweenTokens: 30s
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

        telemetry:
          log: info                           # trace | debug | info | notice | warning | error | critical
          logFormat: text                     # text | json

        """#
}
