using System.Text;
using Google.Protobuf;
using VfAgent.Protocol.V1;
using Xunit;

namespace VfAgent.Protocol.Tests;

public sealed class PayloadFuzzTests
{
    private const int Payloads = 20_000;

    private static readonly string?[] _contentTypes = [null, ContentTypes.Json, ContentTypes.Protobuf];

    // What mutations put in: pieces that mean something to one of the parsers.
    private static readonly byte[][] _pieces =
    [
        .. new[] { "{", "}", "[", "]", "\"", ":", ",", "null", "true", "-", "1e999", "18446744073709551616", "\\ud800", "\\u0000", "\n{", "\uFEFF", "{\"a\":" }
            .Select(Encoding.UTF8.GetBytes),
        [0x00], [0x7B], [0x80], [0xFF], [0x0A, 0x7B], [0x1A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
    ];

    [Fact]
    public void No_payload_throws_and_what_is_accepted_can_be_written_and_read_again()
    {
        Random random = new(20240607);
        byte[] json = VfOperatorFile.Read("config.json");
        byte[][] seeds =
        [
            json,
            PayloadReader.ReadHostConfig(json).Value!.ToByteArray(),
            VfOperatorFile.Read("resource-request.json"),
            PayloadReader.ReadResourceConfig(VfOperatorFile.Read("resource-request.json")).Value!.ToByteArray(),
            VfOperatorFile.Read("attachment-request.json"),
            PayloadReader.ReadNetworkAttachment(VfOperatorFile.Read("attachment-request.json")).Value!.ToByteArray(),
        ];

        int accepted = 0;
        for (int i = 0; i < Payloads; i++)
        {
            byte[] payload = i % 8 == 0 ? RandomBytes(random) : Mutate(random, seeds[random.Next(seeds.Length)]);
            string? contentType = _contentTypes[random.Next(_contentTypes.Length)];
            try
            {
                accepted += (Check(PayloadReader.ReadHostConfig(payload, contentType)) ? 1 : 0)
                    + (Check(PayloadReader.ReadResourceConfig(payload, contentType)) ? 1 : 0)
                    + (Check(PayloadReader.ReadNetworkAttachment(payload, contentType)) ? 1 : 0);
            }
            catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"payload {i}, content type {contentType ?? "none"}: {Convert.ToHexString(payload)}: {e}");
            }
        }

        // Both ends are reached, or the mutations are too wild or too tame to say anything.
        Assert.InRange(accepted, Payloads / 20, Payloads * 2);
    }

    private static bool Check<T>(PayloadResult<T> result)
        where T : class, IMessage<T>, new()
    {
        if (!result.Ok)
        {
            Assert.NotEmpty(result.Errors);
            Assert.All(result.Errors, e => Assert.InRange(e.Message.Length, 1, 500));
            return false;
        }

        Assert.Empty(result.Errors);
        byte[] json = PayloadWriter.ToJson(result.Value);
        PayloadResult<T> again = PayloadReader.Read(new MessageParser<T>(() => new T()), result.Value.Descriptor, json, ContentTypes.Json);
        Assert.Empty(again.Errors);
        Assert.Equal(json, PayloadWriter.ToJson(again.Value!));
        if (result.Value is NetworkAttachment { Config: { } config })
        {
            string once = StructJson.ToJson(config).ToJsonString();
            Assert.Equal(once, StructJson.ToJson(StructJson.ToStruct(StructJson.ToJson(config))).ToJsonString());
        }

        return true;
    }

    private static byte[] RandomBytes(Random random)
    {
        byte[] bytes = new byte[random.Next(1, 64)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Mutate(Random random, byte[] seed)
    {
        List<byte> bytes = [.. seed];
        for (int n = random.Next(1, 4); n > 0 && bytes.Count > 1; n--)
        {
            int at = random.Next(bytes.Count);
            int length = random.Next(1, Math.Min(16, bytes.Count - at) + 1);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                default:
                    bytes.InsertRange(at, _pieces[random.Next(_pieces.Length)]);
                    break;
            }
        }

        return [.. bytes];
    }
}
