"""The official clients behind one face, so that each question can be put to all of them in a table."""

import asyncio
import json
from dataclasses import dataclass, field

import anthropic
import langchain_openai
import openai
from google import genai
from google.genai import types

TOOL = "weather"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SYSTEM = "You are a weather service."


@dataclass
class Reply:
    """What a client understood of an answer, in the same words for all of them."""

    text: str = ""
    # The client's own word: `stop`, `end_turn`, `STOP`, `completed`.
    finish: str | None = None
    calls: list = field(default_factory=list)
    # Tokens of the request and of the answer.
    usage: tuple | None = None
    # What ended a stream before its time.
    error: Exception | None = None
    # What the client sends back to go on after tool calls.
    history: object = None

    @property
    def outcome(self):
        return self.text, self.finish, self.error


class Client:
    """A client library, without TLS, whose certificates take most of the time of its making. `errors` are those by which it says explicitly that the provider has failed."""

    kind = "openai"
    finish = "stop"
    # What it calls an answer that was cut off by its length, and one that calls tools.
    length = "length"
    calls = "tool_calls"
    # The library's class for a refusal for want of capacity.
    limited = openai.RateLimitError
    errors = (openai.APIError,)
    # How many events of its own shape come before the first word.
    events_before_text = 1

    def __init__(self, url):
        self.url = url

    def __repr__(self):
        return type(self).__name__

    def ask(self, model, prompt="hello", **options):
        raise NotImplementedError

    def stream(self, model, prompt="hello", **options):
        """A streamed answer; an explicit error becomes part of it, anything else is raised."""
        reply = Reply()
        try:
            self.read(reply, model, prompt, **options)
        except self.errors as error:
            reply.error = error
        return reply

    def read(self, reply, model, prompt, **options):
        raise NotImplementedError

    @staticmethod
    def status(error):
        """The HTTP status of an error."""
        return error.status_code

    def is_in_band(self, error):
        """Whether an error stood in the stream; a broken connection would be another class."""
        return type(error) is openai.APIError


class OpenAIChat(Client):
    @property
    def library(self):
        return openai.OpenAI(
            base_url=f"{self.url}/v1",
            api_key="any",
            max_retries=0,
            timeout=30,
            http_client=openai.DefaultHttpxClient(verify=False),
        )

    def arguments(self, model, prompt, tools=False, after=None, results=None):
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": prompt}]
        if after is not None:
            messages.append(after.history)
            messages += [
                {"role": "tool", "tool_call_id": call["id"], "content": result}
                for call, result in zip(after.history["tool_calls"], results, strict=True)
            ]
        function = {"name": TOOL, "description": "The weather of a city", "parameters": SCHEMA}
        offered = {"tools": [{"type": "function", "function": function}]} if tools else {}
        return {"model": model, "messages": messages, "max_tokens": 500} | offered

    def understand(self, completion):
        choice = completion.choices[0]
        called = choice.message.tool_calls or []
        return Reply(
            choice.message.content or "",
            choice.finish_reason,
            [(call.function.name, json.loads(call.function.arguments)) for call in called],
            (completion.usage.prompt_tokens, completion.usage.completion_tokens),
            history=choice.message.model_dump(exclude_none=True),
        )

    def ask(self, model, prompt="hello", **options):
        return self.understand(self.library.chat.completions.create(**self.arguments(model, prompt, **options)))

    def add(self, reply, chunk):
        if chunk.usage:
            reply.usage = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
        for choice in chunk.choices:
            reply.text += choice.delta.content or ""
            reply.finish = choice.finish_reason or reply.finish
            for part in choice.delta.tool_calls or []:
                while len(reply.calls) <= part.index:
                    reply.calls.append({"id": None, "name": "", "arguments": ""})
                call = reply.calls[part.index]
                call["id"] = part.id or call["id"]
                call["name"] += part.function.name or ""
                call["arguments"] += part.function.arguments or ""

    def close(self, reply):
        reply.history = {
            "role": "assistant",
            "content": reply.text or None,
            "tool_calls": [
                {"id": call["id"], "type": "function", "function": {k: call[k] for k in ("name", "arguments")}}
                for call in reply.calls
            ],
        }
        reply.calls = [(call["name"], json.loads(call["arguments"])) for call in reply.calls]

    def read(self, reply, model, prompt, **options):
        usage = {"stream": True, "stream_options": {"include_usage": True}}
        for chunk in self.library.chat.completions.create(**self.arguments(model, prompt, **options), **usage):
            self.add(reply, chunk)
        self.close(reply)


class OpenAIAsyncChat(OpenAIChat):
    @property
    def library(self):
        return openai.AsyncOpenAI(
            base_url=f"{self.url}/v1",
            api_key="any",
            max_retries=0,
            timeout=30,
            http_client=openai.DefaultAsyncHttpxClient(verify=False),
        )

    def ask(self, model, prompt="hello", **options):
        async def ask():
            async with self.library as library:
                return await library.chat.completions.create(**self.arguments(model, prompt, **options))

        return self.understand(asyncio.run(ask()))

    def read(self, reply, model, prompt, **options):
        async def read():
            usage = {"stream": True, "stream_options": {"include_usage": True}}
            async with self.library as library:
                chunks = await library.chat.completions.create(**self.arguments(model, prompt, **options), **usage)
                async for chunk in chunks:
                    self.add(reply, chunk)

        asyncio.run(read())
        self.close(reply)


class OpenAIResponses(OpenAIChat):
    finish = calls = "completed"
    length = "incomplete"
    # Created, in progress, the item and its part.
    events_before_text = 4

    def arguments(self, model, prompt, tools=False, after=None, results=None):
        items = [{"role": "user", "content": prompt}]
        if after is not None:
            items += after.history
            called = [item for item in after.history if item["type"] == "function_call"]
            items += [
                {"type": "function_call_output", "call_id": item["call_id"], "output": result}
                for item, result in zip(called, results, strict=True)
            ]
        function = {"type": "function", "name": TOOL, "description": "d", "parameters": SCHEMA, "strict": False}
        offered = {"tools": [function]} if tools else {}
        return {"model": model, "instructions": SYSTEM, "input": items, "max_output_tokens": 500} | offered

    def understand(self, response):
        return Reply(
            response.output_text,
            response.status,
            [
                (item.name, json.loads(item.arguments))
                for item in response.output
                if item.type == "function_call"
            ],
            (response.usage.input_tokens, response.usage.output_tokens),
            history=[item.model_dump(exclude_none=True) for item in response.output],
        )

    def ask(self, model, prompt="hello", **options):
        return self.understand(self.library.responses.create(**self.arguments(model, prompt, **options)))

    def read(self, reply, model, prompt, **options):
        numbers = []
        for event in self.library.responses.create(**self.arguments(model, prompt, **options), stream=True):
            numbers.append(event.sequence_number)
            if event.type == "response.output_text.delta":
                reply.text += event.delta
            elif event.type in ("response.completed", "response.incomplete"):
                whole = self.understand(event.response)
                assert whole.text == reply.text
                reply.finish, reply.calls, reply.usage = whole.finish, whole.calls, whole.usage
                reply.history = whole.history
        assert numbers == list(range(len(numbers)))


class LangChain(OpenAIChat):
    """The same requests by way of LangChain, which reads streams in its own manner."""

    def chain(self, model, tools):
        chain = langchain_openai.ChatOpenAI(
            base_url=f"{self.url}/v1",
            api_key="any",
            model=model,
            max_retries=0,
            timeout=30,
            stream_usage=True,
            http_client=openai.DefaultHttpxClient(verify=False),
        )
        function = {"name": TOOL, "description": "The weather of a city", "parameters": SCHEMA}
        return chain.bind_tools([{"type": "function", "function": function}]) if tools else chain

    def messages(self, prompt, after, results):
        messages = [("system", SYSTEM), ("human", prompt)]
        if after is not None:
            messages.append(after.history)
            messages += [
                {"role": "tool", "tool_call_id": call["id"], "content": result}
                for call, result in zip(after.history.tool_calls, results, strict=True)
            ]
        return messages

    def take(self, reply, message):
        reply.text = message.text
        reply.finish = message.response_metadata.get("finish_reason")
        reply.calls = [(call["name"], call["args"]) for call in message.tool_calls]
        if message.usage_metadata:
            reply.usage = message.usage_metadata["input_tokens"], message.usage_metadata["output_tokens"]
        reply.history = message
        return reply

    def ask(self, model, prompt="hello", tools=False, after=None, results=None):
        return self.take(Reply(), self.chain(model, tools).invoke(self.messages(prompt, after, results)))

    def read(self, reply, model, prompt, tools=False, after=None, results=None):
        whole = None
        for chunk in self.chain(model, tools).stream(self.messages(prompt, after, results)):
            whole = chunk if whole is None else whole + chunk
            self.take(reply, whole)


class Anthropic(Client):
    kind = "anthropic"
    finish = "end_turn"
    length = "max_tokens"
    calls = "tool_use"
    limited = anthropic.RateLimitError
    errors = (anthropic.APIError,)
    # The start of the message, that of the block, a ping.
    events_before_text = 3

    @property
    def library(self):
        return anthropic.Anthropic(
            base_url=self.url,
            api_key="any",
            max_retries=0,
            timeout=30,
            http_client=anthropic.DefaultHttpxClient(verify=False),
        )

    def arguments(self, model, prompt, tools=False, after=None, results=None):
        messages = [{"role": "user", "content": prompt}]
        if after is not None:
            messages.append({"role": "assistant", "content": after.history})
            called = [block for block in after.history if block["type"] == "tool_use"]
            content = [
                {"type": "tool_result", "tool_use_id": block["id"], "content": result}
                for block, result in zip(called, results, strict=True)
            ]
            messages.append({"role": "user", "content": content})
        offered = {"tools": [{"name": TOOL, "description": "d", "input_schema": SCHEMA}]} if tools else {}
        return {"model": model, "max_tokens": 500, "system": SYSTEM, "messages": messages} | offered

    def understand(self, reply, message):
        reply.text = "".join(block.text for block in message.content if block.type == "text")
        reply.finish = message.stop_reason
        reply.calls = [(block.name, block.input) for block in message.content if block.type == "tool_use"]
        reply.usage = message.usage.input_tokens, message.usage.output_tokens
        known = ("type", "text", "id", "name", "input", "thinking", "signature")
        reply.history = [
            {key: value for key, value in block.to_dict().items() if key in known} for block in message.content
        ]
        return reply

    def ask(self, model, prompt="hello", **options):
        return self.understand(Reply(), self.library.messages.create(**self.arguments(model, prompt, **options)))

    def read(self, reply, model, prompt, **options):
        with self.library.messages.stream(**self.arguments(model, prompt, **options)) as stream:
            for event in stream:
                if event.type == "text":
                    reply.text += event.text
                elif event.type == "message_delta":
                    reply.finish = event.delta.stop_reason
            text = reply.text
            self.understand(reply, stream.get_final_message())
            assert reply.text == text

    def is_in_band(self, error):
        return isinstance(error, anthropic.APIStatusError) and error.response.status_code == 200


class AnthropicAsync(Anthropic):
    @property
    def library(self):
        return anthropic.AsyncAnthropic(
            base_url=self.url,
            api_key="any",
            max_retries=0,
            timeout=30,
            http_client=anthropic.DefaultAsyncHttpxClient(verify=False),
        )

    def ask(self, model, prompt="hello", **options):
        async def ask():
            async with self.library as library:
                return await library.messages.create(**self.arguments(model, prompt, **options))

        return self.understand(Reply(), asyncio.run(ask()))

    def read(self, reply, model, prompt, **options):
        async def read():
            async with self.library as library:
                async with library.messages.stream(**self.arguments(model, prompt, **options)) as stream:
                    async for event in stream:
                        if event.type == "text":
                            reply.text += event.text
                        elif event.type == "message_delta":
                            reply.finish = event.delta.stop_reason
                    return await stream.get_final_message()

        self.understand(reply, asyncio.run(read()))


class Gemini(Client):
    kind = "gemini"
    finish = calls = "STOP"
    length = "MAX_TOKENS"
    errors = (genai.errors.APIError,)
    limited = genai.errors.ClientError
    events_before_text = 0

    @property
    def library(self):
        arguments = {"verify": False}
        options = types.HttpOptions(
            base_url=self.url, timeout=30_000, client_args=arguments, async_client_args=arguments
        )
        return genai.Client(api_key="any", http_options=options)

    def arguments(self, model, prompt, tools=False, after=None, results=None):
        contents = [types.Content(role="user", parts=[types.Part(text=prompt)])]
        if after is not None:
            called = [part.function_call for part in after.history.parts if part.function_call]
            answers = [
                types.Part.from_function_response(name=call.name, response={"result": result})
                for call, result in zip(called, results, strict=True)
            ]
            # Where the calls have ids the answers name them, as the library's own loop does.
            for call, part in zip(called, answers, strict=True):
                part.function_response.id = call.id
            contents += [after.history, types.Content(role="user", parts=answers)]
        function = types.FunctionDeclaration(name=TOOL, description="d", parameters_json_schema=SCHEMA)
        config = types.GenerateContentConfig(
            system_instruction=SYSTEM,
            max_output_tokens=500,
            tools=[types.Tool(function_declarations=[function])] if tools else None,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        return {"model": model, "contents": contents, "config": config}

    def add(self, reply, response):
        parts = []
        for candidate in response.candidates or []:
            if candidate.content and candidate.content.parts:
                parts += candidate.content.parts
            if candidate.finish_reason:
                reply.finish = candidate.finish_reason.value
        if reply.history is None:
            reply.history = types.Content(role="model", parts=[])
        reply.history.parts += [part for part in parts if part.text or part.function_call]
        reply.text += "".join(part.text for part in parts if part.text and not part.thought)
        reply.calls += [(part.function_call.name, part.function_call.args) for part in parts if part.function_call]
        usage = response.usage_metadata
        if usage and usage.candidates_token_count is not None:
            reply.usage = (
                usage.prompt_token_count,
                usage.candidates_token_count + (usage.thoughts_token_count or 0),
            )
        return reply

    def ask(self, model, prompt="hello", **options):
        # A library that nothing holds on to closes its connections at once.
        library = self.library
        return self.add(Reply(), library.models.generate_content(**self.arguments(model, prompt, **options)))

    def read(self, reply, model, prompt, **options):
        library = self.library
        for chunk in library.models.generate_content_stream(**self.arguments(model, prompt, **options)):
            self.add(reply, chunk)

    @staticmethod
    def status(error):
        return error.code

    def is_in_band(self, error):
        return isinstance(error, genai.errors.APIError)


CLIENTS = [OpenAIChat, OpenAIAsyncChat, OpenAIResponses, LangChain, Anthropic, AnthropicAsync, Gemini]
# One for each format; the others differ from them in the library alone.
FORMATS = [OpenAIChat, OpenAIResponses, Anthropic, Gemini]
