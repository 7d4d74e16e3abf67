using Paging.Core;
using Paging.Scripting.Calls;
using Paging.Testing.Randomness;
using Paging.Testing.World;

namespace Paging.Testing.Generating;

/// <summary>Makes mmap, munmap, mprotect, mremap and brk.</summary>
internal sealed class MappingGenerator(ScenarioWorld world, Swarm swarm, FuzzRandom random, PlacePicker places)
{
    private static readonly uint[] OddMapFlags =
    [
        (uint)MapFlags.GrowsDown, (uint)MapFlags.DenyWrite, (uint)MapFlags.Executable, (uint)MapFlags.Locked, (uint)MapFlags.Locked,
            (uint)MapFlags.NoReserve,
        (uint)MapFlags.NoReserve, (uint)MapFlags.Populate, (uint)MapFlags.Populate, (uint)(MapFlags.Populate | MapFlags.NonBlock),
            (uint)MapFlags.Stack, (uint)MapFlags.Sync,
        (uint)(MapFlags.Locked | MapFlags.Populate), (uint)(MapFlags.NoReserve | MapFlags.Stack),
    ];

    private ScenarioCall? _undo;

    /// <summary>mmap of one of five kinds of memory, at one of four kinds of places.</summary>
    public ScenarioCall Map(WorldProcess process)
    {
        uint flags = 0;
        long descriptor = -1;
        long offset = 0;
        int kind = random.Below(100);
        bool isFile = swarm.UsesFiles && kind < 45;
        if (isFile)
        {
            flags = (uint)(kind < 22 ? MapFlags.Private : kind < 44 ? MapFlags.Shared : MapFlags.SharedValidate);
            descriptor = FileGenerator.Descriptor(process, swarm, random);
            offset = FileOffset();
        }
        else
        {
            bool isShared = swarm.UsesSharedMemory && random.Percent(25);
            flags = (uint)((isShared ? MapFlags.Shared : MapFlags.Private) | MapFlags.Anonymous);
            if (swarm.UsesGrowth && !isShared && random.Percent(25)) flags |= (uint)MapFlags.GrowsDown;
            if (random.Percent(swarm.OddArgumentsPercent)) (descriptor, offset) = (random.Between(-1, 9), FileOffset());
        }

        if (random.Percent(swarm.OddFlagsPercent)) flags |= random.OneOf<uint>(OddMapFlags);
        if (random.Percent(swarm.OddArgumentsPercent) && random.Percent(20)) flags ^= random.OneOf([1u, 2u, 3u, 0x100u]);
        long address = Place(process, ref flags);
        long byteLength = places.ByteLength(process, address);
        if (swarm.HugeBytes != 0) HugeGenerator.Shape(swarm, random, places, process, ref flags, ref address, ref byteLength, ref offset);
        bool fills = (flags & (uint)(MapFlags.Locked | MapFlags.Populate)) != 0
            || process.LocksFuture;
        if (fills) byteLength = places.FilledLength(byteLength);
        return new(CallName.Mmap, process.Number, 6, address, byteLength, Rights(), flags, descriptor, offset);
    }

    public ScenarioCall Unmap(WorldProcess process)
    {
        long address = places.Address(process);
        return new(CallName.Munmap, process.Number, 2, address, places.ByteLength(process, address));
    }

    /// <summary>mprotect; now and then the one that undoes the last: the parts join again, or their history keeps them apart.</summary>
    public ScenarioCall Protect(WorldProcess process)
    {
        if (_undo is { } undo && undo.Process == process.Number && random.Percent(40))
        {
            _undo = null;
            return undo;
        }

        long address = places.Address(process);
        long rights = Rights();
        if (swarm.UsesGrowth && random.Percent(12)) rights |= (long)MemoryProtection.GrowsDown;
        if (random.Percent(swarm.OddArgumentsPercent))
            rights |= random.OneOf([0x0200_0000L, 0x0300_0000, 0x8, 0x10, 0x40, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]);
        long byteLength = places.ByteLength(process, address);
        if (process.Covering(new((uint)(address >> 12))) is { } area)
            _undo = new(CallName.Mprotect, process.Number, 3, address, byteLength, (long)(area.Flags & AreaFlags.Rights));
        return new(CallName.Mprotect, process.Number, 3, address, byteLength, rights);
    }

    /// <summary>mremap of an area, or of part of one, or of anything; growing, shrinking, moving.</summary>
    public ScenarioCall Remap(WorldProcess process)
    {
        long old = places.Address(process);
        AreaSnapshot? found = random.Percent(85) ? places.Area(process) : null;
        long oldLength = places.ByteLength(process, old);
        if (found is { Range: var area })
        {
            uint skipped = random.Percent(65) ? 0 : random.Below(area.Count.Value);
            old = (long)(area.First.Value + skipped) << 12;
            long rest = area.Count.Value - skipped;
            oldLength = (random.Percent(65) ? rest : 1 + random.Below((uint)rest)) << 12;
            if (random.Percent(12)) oldLength += (long)random.Skewed(12) << 12;    // into the holes or areas after it
            if (random.Percent(6)) oldLength = 0;
        }

        long newLength = random.Below(10) switch
        {
            < 4 => oldLength,
            < 7 => oldLength + ((long)random.Skewed(16) << 12),
            < 9 => Math.Max(0x1000, oldLength - ((long)random.Skewed(8) << 12)),
            _ => places.ByteLength(process, old),
        };
        uint flags = random.OneOf([0u, 1u, 1u, 1u, 3u, 3u, 3u, 5u, 7u, 7u]);
        if (random.Percent(swarm.OddArgumentsPercent)) flags = random.OneOf([2u, 4u, 6u, 8u, 9u, 0x10u, 0x8000_0001u]);
        bool namesPlace = (flags & (uint)(RemapFlags.Fixed | RemapFlags.DontUnmap)) != 0;
        if (!namesPlace) return new(CallName.Mremap, process.Number, 4, old, Cap(oldLength), Cap(places.Roughen(newLength)), flags);
        return new(CallName.Mremap, process.Number, 5, old, Cap(oldLength), Cap(places.Roughen(newLength)), flags, places.Address(process));
    }

    public ScenarioCall Break(WorldProcess process)
    {
        long start = process.Memory.StartBreak.Value;
        long present = process.Memory.Break.Value;
        long wanted = random.Below(10) switch
        {
            0 => 0,
            1 => start - random.OneOf([0L, 1, 0x1000]),
            < 6 => present + places.Roughen((long)random.Skewed(24) << 12),
            < 8 => Math.Max(0, present - places.Roughen((long)random.Skewed(16) << 12)),
            8 => present + random.OneOf([1L, 0xFFF, 0x400000, 0x10000000]),
            _ => places.Address(process),
        };
        return new(CallName.Brk, process.Number, 1, Math.Min(wanted, 0xFFFF_FFFF));
    }

    /// <summary>Chooses an address for mmap, and sets the flags for it.</summary>
    private long Place(WorldProcess process, ref uint flags)
    {
        if (!random.Percent(swarm.FixedPercent)) return random.Percent(50) ? 0 : places.Address(process);    // a hint
        int kind = random.Below(100);
        flags |= (uint)(kind < 87 ? MapFlags.Fixed : MapFlags.FixedNoReplace);
        if (kind == 86) flags |= (uint)MapFlags.FixedNoReplace;
        return places.Address(process);
    }

    private long Rights()
    {
        if (random.Percent(swarm.UsualRightsPercent)) return (long)MemoryProtection.ReadWrite;
        return random.Percent(95)
            ? random.OneOf([0, 1, 1, 1, 3, 2, 4, 5, 7]) : random.OneOf([8, 9, 0x11, 0x40, 0x43, 0x80, 0x0100_0003, 0x0200_0001]);
    }

    private long FileOffset()
    {
        if (random.Percent(swarm.OddArgumentsPercent))
            return random.OneOf([1L, 0x800, 0x1001, 0x1000_0000, 0x7FFF_F000, 0xFFF0_0000, 0xFFFF_F000, 0x1_0000_0000, 0x10_0000_0000,
            0xFFE_0000_0000, 0xFFF_FFFF_F000, -4096]);
        return random.Percent(60) ? 0 : (long)random.Below(10) << 12;
    }

    private long Cap(long byteLength) => Math.Min(byteLength, world.Header.TaskSize.Value + 0x1000L);
}
