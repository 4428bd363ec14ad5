using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace VfAgent.Mqtt;

/// <summary>Where the broker is and how to talk to it.</summary>
/// <param name="Scheme"><c>mqtt</c>, <c>mqtts</c>, <c>ws</c> or <c>wss</c>.</param>
/// <param name="Host">A name or an address, IPv6 without brackets.</param>
/// <param name="Port">TCP port.</param>
/// <param name="Path">Path and query of a websocket; empty for TCP.</param>
internal sealed record ServerAddress(string Scheme, string Host, int Port, string Path)
{
    public const string Allowed = "mqtt://host:port, mqtts://host:port, ws://host:port/path or wss://host:port/path";

    /// <summary>null when the host is a name.</summary>
    public IPAddress? Literal => IPAddress.TryParse(Host, out IPAddress? address) ? address : null;

    public bool IsTls => Scheme is "mqtts" or "wss";

    public bool IsWebSocket => Scheme is "ws" or "wss";

    /// <returns>false when the text is no such address; a user name or password in it is refused, since addresses get logged.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out ServerAddress? address)
    {
        address = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0 || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
            return false;

        int? port = uri.Scheme switch { "mqtt" => 1883, "mqtts" => 8883, "ws" => 80, "wss" => 443, _ => null };
        if (port is null || uri.Port == 0)
            return false;

        bool isWebSocket = uri.Scheme is "ws" or "wss";
        string path = uri.PathAndQuery == "/" ? "" : uri.PathAndQuery;
        if (!isWebSocket && path.Length > 0)
            return false;

        if (isWebSocket && path.Length == 0)
            path = "/mqtt";

        address = new ServerAddress(uri.Scheme, uri.DnsSafeHost, uri.IsDefaultPort || uri.Port < 0 ? port.Value : uri.Port, path);
        return true;
    }

    public override string ToString() => $"{Scheme}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}{Path}";
}
