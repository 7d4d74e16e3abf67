using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Operations.Access;
using Paging.Bench.Worlds;
using Paging.Guest;
using Paging.Native;

namespace Paging.Bench.Operations.Guest;

/// <summary>What does it cost to be a machine's MMU and kernel? And how does our access compare with the API of an emulator?</summary>
/// <remarks>None where the host has no Unicorn: <c>tools/get-unicorn.sh</c> fetches one.</remarks>
internal static class GuestRaces
{
    private const int PageCount = 1 << 12;

    public static IEnumerable<RaceDefinition> All => !GuestProcessor.IsAvailable(out _) ? [] :
    [
        new("guest-fault", "16MiB", "page, by a guest's store", FirstTouch) { HostBytes = 128L << 20 },
        new("guest-syscall", "none", "int 0x80 and back", SystemCall) { HostBytes = 64L << 20 },
        new("read-emulator", "1MiB", "access of 4 bytes", scale => Access(scale, isWrite: false)) { HostBytes = 64L << 20, IsPrepared = false },
        new("write-emulator", "1MiB", "access of 4 bytes", scale => Access(scale, isWrite: true)) { HostBytes = 64L << 20, IsPrepared = false },
    ];

    private static Race FirstTouch(Scale scale)
    {
        int count = scale.Pick(PageCount, 64);
        uint byteLength = (uint)count << 12;
        GuestWorld guest = new(byteLength);
        VirtualAddress start = guest.World.Map(byteLength);
        return new(count, Math.Min(count, 256), [new GuestFirstTouch(guest, start, byteLength), new HostFirstTouch(guest, start, byteLength)], guest);
    }

    private static Race SystemCall(Scale scale)
    {
        GuestWorld guest = new(1 << 20);
        return new(scale.Pick(1 << 13, 64), 256, [new GuestSystemCall(guest)], guest);
    }

    private static Race Access(Scale scale, bool isWrite)
    {
        uint byteLength = 1u << MiB1.Bits;
        GuestWorld guest = new(byteLength);
        VirtualAddress start = guest.World.Map(byteLength);
        guest.World.Fill(start, byteLength);
        if (!guest.World.Engine.TryTakeFrames(8, out FrameNumber first)) throw new BrokenBenchmarkException("RAM has no megabyte in a row.");
        guest.World.Engine.Ram.Bytes(first.Address, (int)byteLength).Fill(EngineWorld.FilledByte);
        HostRegion region = new(byteLength, hugePages: true);
        region.Fill(EngineWorld.FilledByte);
        Contender ours = isWrite ? new MmuWrite<Scattered, MiB1>(guest.World, start) : new MmuRead<Scattered, MiB1>(guest.World, start);
        Contender limit = isWrite ? new RawWrite<Scattered, MiB1>(region) : new RawRead<Scattered, MiB1>(region);
        EmulatorAccess<MiB1> emulator = new(guest.Processor.Machine.Handle, first.Address.Value, isWrite);
        return new(scale.Pick(1 << 16, 1 << 12), 1 << 12, [ours, limit, emulator], guest, region);
    }
}
