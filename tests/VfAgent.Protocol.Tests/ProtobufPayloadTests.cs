using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using VfAgent.Protocol.V1;
using Xunit;

namespace VfAgent.Protocol.Tests;

public sealed class ProtobufPayloadTests
{
    private static readonly ResourceConfig _resource = new() { Name = "eth3-vfs", NumVfs = 4, NicSelector = new NicSelector { PfNames = { "eth3" } } };

    [Fact]
    public void Protobuf_needs_no_content_type() =>
        Assert.Equal(_resource, PayloadReader.ReadResourceConfig(_resource.ToByteArray()).Value);

    [Theory]
    [InlineData("application/x-protobuf")]
    [InlineData("Application/X-Protobuf ; proto=vfagent.v1.ResourceConfig")]
    [InlineData("")]
    public void A_protobuf_content_type_means_protobuf(string contentType) =>
        Assert.Equal(_resource, PayloadReader.ReadResourceConfig(_resource.ToByteArray(), contentType).Value);

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData(" APPLICATION/JSON;charset=UTF-8")]
    public void A_json_content_type_means_json(string contentType)
    {
        Assert.Equal("a", PayloadReader.ReadResourceConfig("""{"name":"a"}"""u8, contentType).Value?.Name);
        Assert.StartsWith("the payload is not JSON: ", Error(PayloadReader.ReadResourceConfig(_resource.ToByteArray(), contentType)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/jsonx")]
    [InlineData(";")]
    public void Another_content_type_is_refused_and_the_two_are_named(string contentType) =>
        Assert.Equal(
            $"the content type '{contentType}' is neither application/json nor application/x-protobuf",
            Error(PayloadReader.ReadResourceConfig("""{"name":"a"}"""u8, contentType)));

    [Fact]
    public void Json_under_the_protobuf_content_type_gets_a_hint() =>
        Assert.Contains("looks like JSON", Error(PayloadReader.ReadResourceConfig("""{"name":"a"}"""u8, ContentTypes.Protobuf)), StringComparison.Ordinal);

    [Fact]
    public void A_document_whose_first_element_has_123_bytes_is_protobuf_although_it_begins_like_json()
    {
        HostConfig config = new() { ResourceConfigs = { new ResourceConfig { Name = "a", DeviceType = "netdevice" } }, Generation = 3 };
        NicSelector selector = config.ResourceConfigs[0].NicSelector = new NicSelector();
        selector.Vendors.Add(new string('x', 123 - config.ResourceConfigs[0].CalculateSize() - 2));
        byte[] payload = config.ToByteArray();

        Assert.Equal("\n{"u8, payload.AsSpan(0, 2));
        Assert.Equal(config, PayloadReader.ReadHostConfig(payload).Value);
    }

    [Fact]
    public void Json_after_a_blank_line_is_json_and_its_errors_are_jsons()
    {
        Assert.Equal("a", PayloadReader.ReadResourceConfig("\n{\"name\": \"a\"}\n"u8).Value?.Name);
        Assert.StartsWith("the payload is not JSON: line 2, ", Error(PayloadReader.ReadResourceConfig("\n{\"name\": a}"u8)), StringComparison.Ordinal);
        Assert.Equal("mtu", Assert.Single(PayloadReader.ReadResourceConfig("\n{\"mtu\": true}"u8).Errors).Field);
    }

    [Fact]
    public void Unknown_protobuf_fields_are_dropped()
    {
        // Field 100, varint 1.
        byte[] payload = [.. _resource.ToByteArray(), 0xA0, 0x06, 0x01];
        Assert.Equal(_resource, PayloadReader.ReadResourceConfig(payload).Value);
    }

    [Fact]
    public void Truncated_bytes_are_one_error_at_every_length()
    {
        HostConfig config = new() { ResourceConfigs = { _resource } };
        byte[] payload = config.ToByteArray();
        for (int length = 1; length < payload.Length; length++)
            Assert.Contains("not protobuf", Error(PayloadReader.ReadHostConfig(payload.AsSpan(0, length))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_string_that_is_no_utf8_is_an_error() =>
        Assert.Contains("not protobuf", Error(PayloadReader.ReadResourceConfig([0x0A, 0x02, (byte)'a', 0xFF])), StringComparison.Ordinal);

    [Fact]
    public void Text_that_is_neither_is_told_so() =>
        Assert.StartsWith(
            "the payload is not protobuf, nor JSON, which would begin with {: ",
            Error(PayloadReader.ReadResourceConfig("hello"u8)),
            StringComparison.Ordinal);

    [Fact]
    public void An_empty_payload_is_no_config() =>
        Assert.Equal("the payload is empty; a HostConfig is expected", Error(PayloadReader.ReadHostConfig([])));

    [Fact]
    public void The_limit_is_256_kib_and_is_named()
    {
        byte[] json = new byte[256 * 1024];
        json.AsSpan().Fill((byte)' ');
        "{}"u8.CopyTo(json);
        Assert.True(PayloadReader.ReadHostConfig(json).Ok);
        Assert.Equal(
            "the payload has 262145 bytes; the limit is 262144",
            Error(PayloadReader.ReadHostConfig([.. json, (byte)' '])));
    }

    [Fact]
    public void Deep_protobuf_is_an_error_and_no_stack_overflow()
    {
        byte[] value = [];
        for (int i = 0; i < 5_000; i++)
            value = Field(6, Field(1, value)); // Value { list_value { values … } }
        byte[] entry = Field(1, [.. Field(1, "a"u8), .. Field(2, value)]);
        Assert.Contains("too many levels", Error(PayloadReader.ReadNetworkAttachment(Field(3, entry))), StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_deeper_than_json_may_be_are_an_error_in_protobuf_too()
    {
        PayloadResult<NetworkAttachment> accepted = PayloadReader.ReadNetworkAttachment(Nested(30).ToByteArray());
        Assert.Equal(Nested(30), accepted.Value);
        FieldError error = Assert.Single(PayloadReader.ReadNetworkAttachment(Nested(31).ToByteArray()).Errors);
        Assert.StartsWith("config.a[0][0]", error.Field, StringComparison.Ordinal);
        Assert.Equal("the payload is nested deeper than 32 levels", error.Message);

        static NetworkAttachment Nested(int lists)
        {
            Value value = Value.ForList();
            for (int i = 1; i < lists; i++)
                value = Value.ForList(value);
            return new NetworkAttachment { Config = new Struct { Fields = { ["a"] = value } } };
        }
    }

    [Fact]
    public void The_deepest_json_can_be_read_back_from_a_status_by_a_default_protobuf_reader()
    {
        string config = string.Concat(Enumerable.Repeat("{\"a\":", 31)) + "1" + new string('}', 31);
        NetworkAttachment? attachment = PayloadReader.ReadNetworkAttachment(System.Text.Encoding.UTF8.GetBytes($$"""{"config":{{config}}}""")).Value;
        NetworkAttachmentStatus status = new() { Config = attachment?.Config };
        Assert.NotNull(status.Config);
        Assert.Equal(status, NetworkAttachmentStatus.Parser.ParseFrom(status.ToByteArray()));
    }

    [Fact]
    public void What_json_cannot_say_is_an_error_with_its_field()
    {
        Struct plugin = new() { Fields = { ["vlan"] = Value.ForNumber(double.NaN), ["mtu"] = Value.ForNumber(double.PositiveInfinity), ["x"] = new Value(), [""] = Value.ForNull() } };
        NetworkAttachment attachment = new() { Config = new Struct { Fields = { ["plugins"] = Value.ForList(Value.ForStruct(plugin)) } } };
        HostConfig document = new() { Networkattachments = { new NetworkAttachment { Name = "good" }, attachment } };

        Assert.Equal<string[]>(
            ["config.plugins[0].vlan: NaN is no number in JSON", "config.plugins[0].mtu: Infinity is no number in JSON", "config.plugins[0].x: has no value", "config.plugins[0][\"\"]: an empty name is not allowed"],
            [.. PayloadReader.ReadNetworkAttachment(attachment.ToByteArray()).Errors.Select(e => e.ToString())]);
        Assert.Equal("networkattachments[1].config.plugins[0].vlan", PayloadReader.ReadHostConfig(document.ToByteArray()).Errors[0].Field);
    }

    private static byte[] Field(int number, ReadOnlySpan<byte> content)
    {
        using MemoryStream stream = new();
        using (CodedOutputStream output = new(stream, leaveOpen: true))
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(content));
        }

        return stream.ToArray();
    }

    private static string Error<T>(PayloadResult<T> result)
        where T : class
    {
        FieldError error = Assert.Single(result.Errors);
        Assert.Equal("", error.Field);
        return error.Message;
    }
}
