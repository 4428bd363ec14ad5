namespace VfAgent.Protocol.Tests;

internal static class VfOperatorFile
{
    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "VfOperator", name));
}
