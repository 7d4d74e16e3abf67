using Paging.Core.Snapshots;
using Paging.Native.Collections;
using Xunit;
using static Paging.Core.Tests.SavedStream;
using SavedArea = Paging.Core.Tests.SavedStream.SavedArea;
using SavedMarks = Paging.Core.Tests.SavedStream.SavedMarks;
using SavedMemory = Paging.Core.Tests.SavedStream.SavedMemory;

namespace Paging.Core.Tests;

/// <summary>
/// Each number of a saved process on both sides of its limits, with checksums that fit: it is loaded, or refused and nothing is left.
/// </summary>
public sealed class SavedNumberTests
{
    private const uint Page = 0x2_0000;    // World.Base
    private const uint Kernel = 0xC_0000;
    private const uint ReadWrite = (uint)(AreaFlags.Read | AreaFlags.Write | AreaFlags.MayWrite | AreaFlags.MayExecute) | 1 << 4;

    /// <summary>The changes, and whether the process can be loaded then.</summary>
    private static readonly (string Name, bool IsSound, Action<SavedStream> Change)[] Cases =
    [
        ("as it is", true, static _ => { }),
        ("magic", false, static saved => saved.Magic++),
        ("a newer version", false, static saved => saved.Version = 6),
        ("the version before", true, static saved => saved.Version = 4),
        ("the oldest version", true, static saved => saved.Version = 3),
        ("a version that never was released", false, static saved => saved.Version = 2),
        ("shared memory", true, static saved => Share(saved, static memory => memory)),
        ("shared memory of 1 TiB", true, static saved => Share(saved, static memory => memory with { ByteLength = 1ul << 40 })),
        ("a memory file that is longer than its pages", true,
            static saved => Share(saved, static memory => memory with { ByteLength = GuestFile.ByteLengthMax + 1UL })),
        ("shared memory of too many bytes", false,
            static saved => Share(saved, static memory => memory with { Word = 1, ByteLength = GuestFile.ByteLengthMax + 1UL })),
        ("shared memory of a negative length", false,
            static saved => Share(saved, static memory => memory with { ByteLength = 1UL << 63 })),
        ("shared memory of no bytes and a page", false, static saved => Share(saved, static memory => memory with { ByteLength = 0 })),
        ("shared memory that is a device", false, static saved => Share(saved, static memory => memory with { Word = 4 })),
        ("shared memory with unknown rights", false, static saved => Share(saved, static memory => memory with { Word = 1u << 20 })),
        ("shared memory with unknown seals", false, static saved => Share(saved, static memory => memory with { Seals = 1u << 6 })),
        ("a memory file that is committed", false, static saved => Share(saved, static memory => memory with { Word = 1u << 8 })),
        ("committed shared memory", true, static saved => Share(saved, static memory => memory with { Word = 1 | (1u << 8) })),
        ("shared memory that is not there", false, static saved =>
        {
            Share(saved, static memory => memory);
            saved.Areas[^1] = saved.Areas[^1] with { Memory = 2 };
        }),
        ("a page beyond the end of shared memory", false, static saved =>
        {
            Share(saved, static memory => memory);
            saved.Memories[0].Runs.Add(new(4, 1, Zeros, []));
        }),
        ("a page of shared memory twice", false, static saved =>
        {
            Share(saved, static memory => memory);
            saved.Memories[0].Runs.Add(saved.Memories[0].Runs[0]);
        }),
        ("a page of shared memory elsewhere", false, static saved =>
        {
            Share(saved, static memory => memory);
            saved.Memories[0].Runs.Add(new(3, 1, Far, []));
        }),
        ("marks", true, static saved => Mark(saved, new(Page, 2, []), new(Page + 1, 1, []), new(Page + 15, 0, Half(0, 0xFF)))),
        ("marks beside the areas", false, static saved => Mark(saved, new SavedMarks(Page + 0x3000, 2, []))),
        ("marks in disorder", false, static saved => Mark(saved, new(Page + 1, 2, []), new(Page, 2, []))),
        ("marks of an unknown state", false, static saved => Mark(saved, new SavedMarks(Page, 3, []))),
        ("a byte with two states", false, static saved => Mark(saved, new SavedMarks(Page, 0, Half(1, 1)))),
        ("marks of no byte", false, static saved => Mark(saved, new SavedMarks(Page, 0, Half(0, 0)))),
        ("a long name", true, static saved => saved.Name = new string('n', 1 << 16)),
        ("too long a name", false, static saved => saved.Name = new string('n', (1 << 16) + 1)),
        ("score 1000", true, static saved => saved.Score = 1000),
        ("score 1001", false, static saved => saved.Score = 1001),
        ("score -1000", true, static saved => saved.Score = -1000),
        ("score -1001", false, static saved => saved.Score = -1001),
        ("break at the end of the user half", true, static saved => saved.Break = Kernel << 12),
        ("break in the kernel", false, static saved => saved.Break = (Kernel << 12) + 1),
        ("start of the break", true, static saved => saved.StartBreak = Kernel << 12),
        ("start of the break in the kernel", false, static saved => saved.StartBreak = (Kernel << 12) + 1),
        ("base at the end", true, static saved => saved.MmapBase = Kernel),
        ("base in the kernel", false, static saved => saved.MmapBase = Kernel + 1),
        ("flags of mlockall", true, static saved => saved.DefaultFlags = (uint)AreaFlags.LockedMask),
        ("other flags", false, static saved => saved.DefaultFlags = (uint)AreaFlags.Read),
        ("fewer areas", false, static saved => saved.AreaCount = (uint)saved.Areas.Count - 1),
        ("too many areas", false, static saved => saved.AreaCount = Kernel + 1),
        ("an area of no page", false, static saved => ChangeArea(saved, static area => area with { Count = 0 })),
        ("an area up to the kernel", true, static saved => AddArea(saved, new(Kernel - 2, 2, ReadWrite, Kernel - 2, 0, ""))),
        ("an area into the kernel", false, static saved => AddArea(saved, new(Kernel - 2, 3, ReadWrite, Kernel - 2, 0, ""))),
        ("an area in the kernel", false, static saved => AddArea(saved, new(Kernel, 1, ReadWrite, Kernel, 0, ""))),
        ("an area of all pages", false, static saved => AddArea(saved, new(Kernel - 2, uint.MaxValue, ReadWrite, 0, 0, ""))),
        ("an area beside the last", true, static saved => AddArea(saved, new(Page + 16, 1, ReadWrite, 7, 0, ""))),
        ("an area on the last", false, static saved => AddArea(saved, new(Page + 15, 2, ReadWrite, 7, 0, ""))),
        ("unknown flags", false, static saved => ChangeArea(saved, static area => area with { Flags = area.Flags | 1u << 22 })),
        ("flags of a reporter", false, static saved => ChangeArea(saved, static area => area with { Flags = area.Flags | 1u << 26 })),
        ("all hints", true, static saved => ChangeArea(saved, static area => area with { Flags = area.Flags | 7u << 23 })),
        ("shared without a file", false, static saved => Flag(saved, AreaFlags.Shared | AreaFlags.MayShare)),
        ("may be shared without a file", false, static saved => Flag(saved, AreaFlags.MayShare)),
        ("locked on fault", true, static saved => Flag(saved, AreaFlags.Locked | AreaFlags.LockedOnFault)),
        ("locked on fault alone", false, static saved => Flag(saved, AreaFlags.LockedOnFault)),
        ("grows", true, static saved => Flag(saved, AreaFlags.GrowsDown)),
        ("a file that may be shared", true, static saved => AddArea(saved, File(AreaFlags.MayShare))),
        ("a file that is shared", true, static saved => AddArea(saved, File(AreaFlags.MayShare | AreaFlags.Shared))),
        ("a file that is shared and may not be", false, static saved => AddArea(saved, File(AreaFlags.Shared))),
        ("a file that grows", false, static saved => AddArea(saved, File(AreaFlags.GrowsDown))),
        ("a file of another system", false, static saved => AddArea(saved, File(AreaFlags.Foreign))),
        ("a run of 256 pages", true, static saved => Zero(saved, 256, 256)),
        ("a run of 257 pages", false, static saved => Zero(saved, 257, 257)),
        ("a run beside its area", false, static saved => Zero(saved, 1, 0)),
        ("a run that leaves its area", false, static saved => Zero(saved, 2, 1)),
        ("runs in disorder", false, static saved => saved.Runs.Reverse()),
        ("a run twice", false, static saved => saved.Runs.Insert(0, saved.Runs[0])),
        ("a run in the kernel", false, static saved => saved.Runs.Add(new(Kernel, 1, Zeros, []))),
        ("a run into the kernel", false, static saved => RunInto(saved, 3)),
        ("a run up to the kernel", true, static saved => RunInto(saved, 2)),
        ("a run in a shared area", false, static saved =>
        {
            AddArea(saved, File(AreaFlags.MayShare | AreaFlags.Shared));
            saved.Runs.Add(new(Page + 0x1000, 1, Zeros, []));
        }),
        ("a run in a private area of a file", true, static saved =>
        {
            AddArea(saved, File(AreaFlags.MayShare));
            saved.Runs.Add(new(Page + 0x1000, 1, Zeros, []));
        }),
        ("guards", true, static saved => Guard(saved, AreaFlags.MayHaveGuards)),
        ("guards where there are none", false, static saved => Guard(saved, AreaFlags.None)),
        ("guards beside all areas", false, static saved => saved.Runs.Add(new(Page + 0x3000, 1, Guards, []))),
        ("pages elsewhere", false, static saved => saved.Runs.Add(new(Page + 9, 1, Far, []))),
    ];

    public static TheoryData<string> Names => [.. Cases.Select(static one => one.Name)];

    [Theory, MemberData(nameof(Names))]
    public void ANumberIsLoadedOrRefused(string name)
    {
        (_, bool isSound, Action<SavedStream> change) = Array.Find(Cases, one => string.Equals(one.Name, name, StringComparison.Ordinal));
        using World world = new();
        world.Map(0, 16);
        for (int page = 0; page < 8; page++) world.Touch(page, (byte)(page % 3));
        using Snapshot snapshot = world.First.TakeSnapshot();
        SavedStream saved = SavedStream.Of(snapshot);
        change(saved);
        using World other = new(8);
        using GuestFile file = other.CreateFile("f", 4);
        Balance before = Balance.Of(other.Engine);
        if (!isSound)
        {
            Assert.Throws<InvalidDataException>(() => other.Engine.SavedProcesses.Load(new MemoryStream(saved.ToBytes()), _ => file));
            other.Verify();
            Assert.Equal(before, Balance.Of(other.Engine));
            return;
        }

        UserProcess loaded = other.Engine.SavedProcesses.Load(new MemoryStream(saved.ToBytes()), _ => file);
        other.Verify();
        Assert.Equal(saved.Areas.Count, loaded.Memory.Areas.Snapshot().Count);
        Assert.Equal(saved.Score, loaded.OutOfMemoryScore);
        for (int page = 0; page < 8; page++) Assert.Equal(page % 3, loaded.Memory.Mmu.Read<byte>(World.At(page)));
        loaded.Dispose();
        Assert.Equal(before, Balance.Of(other.Engine));
    }

    private static void Share(SavedStream saved, Func<SavedMemory, SavedMemory> change)
    {
        saved.Switches |= HasMemories;
        saved.Memories.Add(change(new(3u << 16, 0, 4 * 4096, "m", [new(1, 1, 1u << 6, new byte[4096])])));
        AddArea(saved, File(AreaFlags.MayShare | AreaFlags.Shared) with { Name = "", Memory = 1 });
    }

    private static void Mark(SavedStream saved, params SavedMarks[] marks)
    {
        saved.Switches |= HasMarks;
        saved.Marks.AddRange(marks);
    }

    /// <summary>The saved states of a page of which bytes at the end of each half differ.</summary>
    private static byte[] Half(byte unaddressable, byte uninitialized)
    {
        byte[] states = new byte[1024];
        (states[511], states[1023]) = (unaddressable, uninitialized);
        return states;
    }

    private static void ChangeArea(SavedStream saved, Func<SavedArea, SavedArea> change) =>
        saved.Areas[0] = change(saved.Areas[0]);

    private static void Flag(SavedStream saved, AreaFlags flags) =>
        saved.Areas.Add(new(Page + 0x2000, 4, ReadWrite | (uint)flags, Page + 0x2000, 0, ""));

    private static void AddArea(SavedStream saved, SavedArea area) => saved.Areas.Add(area);

    private static SavedArea File(AreaFlags flags) => new(Page + 0x1000, 4, ReadWrite | (uint)flags, 0, 5, "f");

    /// <summary>A run of zeros in an area of its own, which has so many pages.</summary>
    private static void Zero(SavedStream saved, uint count, uint areaCount)
    {
        if (areaCount != 0) AddArea(saved, new(Page + 0x2000, areaCount, ReadWrite, Page + 0x2000, 0, ""));
        saved.Runs.Add(new(Page + 0x2000, count, Zeros, []));
    }

    private static void RunInto(SavedStream saved, uint count)
    {
        AddArea(saved, new(Kernel - 2, 2, ReadWrite, Kernel - 2, 0, ""));
        saved.Runs.Add(new(Kernel - 2, count, Zeros, []));
    }

    private static void Guard(SavedStream saved, AreaFlags flags)
    {
        Flag(saved, flags);
        saved.Runs.Add(new(Page + 0x2001, 2, Guards, []));
    }

    /// <summary>Each flag by itself: registrations with a userfaultfd are not saved, and the seal has a place of its own.</summary>
    [Fact]
    public void EachFlagOfAnAreaHasItsPlace()
    {
        const uint mayRead = 1u << 4, seal = 1u << 31;
        const AreaFlags unsaved = AreaFlags.Reports | (AreaFlags)(7u << 29);    // the last three: of the pool
        for (int bit = 0; bit < 32; bit++)
        {
            AreaFlags flag = (AreaFlags)(1u << bit);
            uint expected = flag == AreaFlags.Foreign ? (uint)flag
                : flag == AreaFlags.Sealed ? seal | mayRead
                : (flag & unsaved) != 0 ? mayRead
                : (uint)flag | mayRead;
            Assert.Equal(expected, SnapshotFormat.ToSaved(flag));
            if (((uint)flag & seal) == 0) Assert.Equal(flag & ~unsaved, SnapshotFormat.FromSaved(expected));
        }

        Assert.Equal(mayRead, SnapshotFormat.ToSaved(AreaFlags.None));
        Assert.Equal(AreaFlags.None, SnapshotFormat.FromSaved(mayRead));
    }
}
