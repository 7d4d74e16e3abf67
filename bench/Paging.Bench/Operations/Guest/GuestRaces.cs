using Paging.Bench.Harness;
using Paging.Native;
using Paging.Processors.Emulation;

namespace Paging.Bench.Operations.Guest;

/// <summary>What does it cost to be a machine's MMU and kernel?</summary>
/// <remarks>None where the host has no Unicorn: <c>tools/get-unicorn.sh</c> fetches one.</remarks>
internal static class GuestRaces
{
    private const int PageCount = 1 << 12;

    public static IEnumerable<RaceDefinition> All => !GuestProcessor.IsAvailable(out _) ? [] :
    [
        new("guest-fault", "16MiB", "page, by a guest's store", FirstTouch) { HostBytes = 128L << 20 },
        new("guest-syscall", "none", "int 0x80 and back", SystemCall) { HostBytes = 64L << 20 },
    ];

    private static Race FirstTouch(Scale scale)
    {
        int count = scale.Pick(PageCount, 64);
        uint byteLength = (uint)count << 12;
        GuestWorld guest = new(byteLength);
        VirtualAddress start = guest.World.Map(byteLength);
        return new(count, Math.Min(count, 256),
            [new GuestFirstTouch(guest, start, byteLength), new HostFirstTouch(guest, start, byteLength)], guest);
    }

    private static Race SystemCall(Scale scale)
    {
        GuestWorld guest = new(1 << 20);
        return new(scale.Pick(1 << 13, 64), 256, [new GuestSystemCall(guest)], guest);
    }
}
