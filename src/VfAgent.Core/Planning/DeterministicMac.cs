using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>
/// An address for a VF that is the same after each boot and on no other host: the first six bytes of a SHA-256 over the host's id, the PF and the
/// index, as a locally administered unicast address (IEEE 802, section 8.4).
/// </summary>
internal static class DeterministicMac
{
    private const int Multicast = 1;
    private const int LocallyAdministered = 2;

    public static string Of(string hostId, VfId vf)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{hostId}\n{vf.Pf}\n{vf.Index}")));
        hash[0] = (byte)((hash[0] & ~Multicast) | LocallyAdministered);
        return string.Join(':', hash.Take(6).Select(octet => octet.ToString("x2", CultureInfo.InvariantCulture)));
    }
}
