using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

public sealed class CdiRendererTests
{
    [Fact]
    public void A_vf_on_vfio_gives_the_container_device_and_its_group() => Assert.Equal(
        """
        {
          "cdiVersion": "0.5.0",
          "kind": "vfagent.io/vfio",
          "devices": [
            {
              "name": "f1-u",
              "containerEdits": {
                "deviceNodes": [
                  {
                    "path": "/dev/vfio/vfio"
                  },
                  {
                    "path": "/dev/vfio/21"
                  }
                ]
              }
            }
          ]
        }

        """,
        CdiRenderer.Vfio("f1-u", Some.Vf));

    [Fact]
    public void A_group_without_iommu_has_another_node() =>
        Assert.Contains(
            "\"/dev/vfio/noiommu-0\"",
            CdiRenderer.Vfio("f1-u", Some.Vf with { IommuGroup = new IommuGroup(0, NoIommu: true) }),
            StringComparison.Ordinal);

    [Fact]
    public void A_vf_without_group_has_no_device() => Assert.Null(CdiRenderer.Vfio("f1-u", Some.Vf with { IommuGroup = null }));

    [Fact]
    public void Vhost_net_gives_tun_and_vhost_net() => Assert.Equal(
        """
        {
          "cdiVersion": "0.5.0",
          "kind": "vfagent.io/vhost-net",
          "devices": [
            {
              "name": "eth3-vfs",
              "containerEdits": {
                "deviceNodes": [
                  {
                    "path": "/dev/net/tun"
                  },
                  {
                    "path": "/dev/vhost-net"
                  }
                ]
              }
            }
          ]
        }

        """,
        CdiRenderer.VhostNet("eth3-vfs"));

    [Fact]
    public void Devices_are_called_by_what_they_are_for()
    {
        Assert.Equal("vfagent.io/vfio=f1-u", CdiRenderer.VfioDevice("f1-u"));
        Assert.Equal("vfagent.io/vhost-net=eth3-vfs", CdiRenderer.VhostNetDevice("eth3-vfs"));
    }
}
