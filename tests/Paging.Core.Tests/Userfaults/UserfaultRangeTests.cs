using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Every call of a userfaultfd with a range that is none, and after the process has ended: refused, and nothing is done.</summary>
/// <remarks>Linux: fs/userfaultfd.c validate_range, and mmget_not_zero (ESRCH).</remarks>
public sealed class UserfaultRangeTests
{
    private const UserfaultFillFlags Plain = UserfaultFillFlags.None;

    private delegate Errno Call(Userfaultfd faults, VirtualAddress start, ulong byteLength, out ulong done);

    private static Dictionary<string, Call> Table { get; } = new(StringComparer.Ordinal)
    {
        ["register"] = static (faults, start, length, out done) => Undone(faults.Register(start, length, UserfaultModes.Missing), out done),
        ["unregister"] = static (faults, start, length, out done) => Undone(faults.Unregister(start, length), out done),
        ["wake"] = static (faults, start, length, out done) => Undone(faults.Wake(start, length), out done),
        ["check"] = static (faults, start, length, out done) => Undone(faults.CheckCopy(start, length, Plain), out done),
        ["copy"] = static (faults, start, length, out done) =>
            faults.Copy(start, new byte[Math.Min(length, 1 << 20)], Plain, out done),
        ["zero"] = static (faults, start, length, out done) => faults.ZeroPage(start, length, Plain, out done),
        ["continue"] = static (faults, start, length, out done) => faults.Continue(start, length, Plain, out done),
        ["poison"] = static (faults, start, length, out done) => faults.Poison(start, length, Plain, out done),
        ["move to"] = static (faults, start, length, out done) => faults.Move(start, World.At(20), length, false, Plain, out done),
        ["move from"] = static (faults, start, length, out done) => faults.Move(World.At(2), start, length, false, Plain, out done),
        ["protect"] = static (faults, start, length, out done) => Undone(faults.WriteProtect(start, length, protect: true), out done),
        ["allow"] = static (faults, start, length, out done) => Undone(faults.WriteProtect(start, length, protect: false), out done),
    };

    public static TheoryData<string> Calls => [.. Table.Keys];

    [Theory, MemberData(nameof(Calls))]
    public void AnInvalidRangeIsRefused(string call)
    {
        using World world = new();
        using Userfaultfd faults = Prepare(world);
        (VirtualAddress Start, ulong Length)[] ranges =
        [
            (World.At(2, 1), 4096), (World.At(2, 4095), 4096), (World.At(2), 0), (World.At(2), 1), (World.At(2), 4095),
            (World.At(2), 4097), (new(0xC000_0000), 4096), (new(0xFFFF_F000), 4096), (new(0xBFFF_F000), 8192),
            (World.At(2), 0xC000_0000), (World.At(2), 1UL << 32), (World.At(2), (1UL << 32) + 4096), (World.At(2), ulong.MaxValue - 4095),
        ];
        foreach ((VirtualAddress start, ulong length) in ranges)
        {
            if (call is "copy" && length > 1 << 20) continue;    // there are not so many bytes
            Assert.Equal((Errno.EINVAL, 0UL), (Table[call](faults, start, length, out ulong done), done));
            Assert.Equal(1, faults.WaitingCount);
            Assert.Equal(MemoryFaultKind.Pending, KindAt(world, 2));
            Assert.Equal(8, world.Peek(4));
        }

        world.Verify();
    }

    [Theory, MemberData(nameof(Calls))]
    public void AfterTheProcessThereIsNoMemory(string call)
    {
        using World world = new();
        using Userfaultfd faults = Prepare(world);
        world.First.Exit();
        Errno expected = call switch
        {
            "register" or "unregister" => Errno.ENOMEM,    // mmget_not_zero
            "wake" => Errno.None,    // needs no memory
            _ => Errno.ESRCH,
        };
        Assert.Equal((expected, 0UL), (Table[call](faults, World.At(2), 4096, out ulong done), done));
        Assert.Equal(Errno.EINVAL, Table[call](faults, World.At(2, 1), 4096, out _));    // the range comes first
        Assert.True(faults.HasEnded);
        world.Verify();
    }

    /// <summary>Pages 0 to 7 are registered; page 4 is there, and an access waits for page 2.</summary>
    private static Userfaultfd Prepare(World world)
    {
        Userfaultfd faults = world.Memory.Userfaultfds.Open(UserfaultFeatures.None);
        world.Map(0, 8);
        world.Map(20, 1);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(8), UserfaultModes.Missing | UserfaultModes.WriteProtect));
        World.Succeeds(faults.Copy(World.At(4), Enumerable.Repeat((byte)8, 4096).ToArray(), Plain, out _));
        Assert.Equal(MemoryFaultKind.Pending, KindAt(world, 2));
        return faults;
    }

    private static Errno Undone(Errno error, out ulong done)
    {
        done = 0;
        return error;
    }

    private static MemoryFaultKind KindAt(World world, int page) =>
        world.Mmu.TryRead(World.At(page), out byte _, out MemoryFault fault) ? MemoryFaultKind.None : fault.Kind;
}
