using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Testing.Randomness;
using Paging.Testing.World;

namespace Paging.Testing.Generating;

/// <summary>Makes the calls on files. Few names, so that files are shared; sizes at the borders of pages.</summary>
internal sealed class FileGenerator(Swarm swarm, FuzzRandom random)
{
    private static readonly string[] Names = ["A", "B", "C", "D"];
    private static readonly long[] Sizes =
        [0, 1, 100, 4095, 4096, 4096, 4097, 8192, 8192, 12288, 12289, 20480, 28672, 5000, 24576, 32768, 49152, 98304];

    /// <summary>Mostly an open descriptor.</summary>
    public static long Descriptor(WorldProcess process, Swarm swarm, FuzzRandom random)
    {
        if (random.Percent(swarm.OddArgumentsPercent)) return random.OneOf([-1L, 20, 99]);
        long first = random.Between(3, 8);
        for (long descriptor = first; descriptor >= 3; descriptor--)
            if (process.Process.FileDescriptors.GetLength((int)descriptor, out _) == Errno.None) return descriptor;
        return first;
    }

    public ScenarioCall Open(WorldProcess process, CallName name) => name == CallName.OpenDir
        ? new(name, process.Number, 0)
        : new(name, process.Number, 2, random.OneOf<long>(Sizes), random.Below(40), FileName: random.OneOf<string>(Names));

    public ScenarioCall OnDescriptor(WorldProcess process, CallName name)
    {
        long descriptor = Descriptor(process, swarm, random);
        if (name is CallName.Close or CallName.Fsync) return new(name, process.Number, 1, descriptor);
        bool isOpen = ScenarioWorld.TryFindFile(process, descriptor, out FileKind kind, out long size);
        if (isOpen && kind == FileKind.HugePages && random.Percent(75))
            return HugeGenerator.OnFile(swarm, random, process, name, descriptor);
        if (!isOpen) size = 8192;
        return name switch
        {
            CallName.Ftruncate => new(name, process.Number, 2, descriptor, Position(size)),
            CallName.Fallocate => new(name, process.Number, 4, descriptor,
                random.Percent(swarm.OddArgumentsPercent) ? random.OneOf([2L, 3, 8, 16, 64]) : random.OneOf([0L, 0, 1]),
                Position(size), Position(size)),
            CallName.Pread => new(name, process.Number, 3, descriptor, Count(), Position(size)),
            CallName.Pwrite => new(name, process.Number, 4, descriptor, Count(), Position(size), random.Below(40)),
            _ => new(name, process.Number, 3, descriptor, Position(size), Position(size)),
        };
    }

    /// <summary>At the end of the file, at a page's border, just beside either; seldom far away or negative.</summary>
    private long Position(long size)
    {
        if (random.Percent(swarm.OddArgumentsPercent))
            return random.OneOf([-1L, -4096, 0x7FFF_F000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_F000, 1L << 32, (1L << 32) + 5, 1L << 40,
            (1L << 44) - (1 << 20), 1L << 50, long.MaxValue, long.MaxValue - 4095, long.MinValue]);
        return random.Below(9) switch
        {
            0 => 0,
            1 => size,
            2 => Math.Max(0, size - random.OneOf([1, 100, 4096, 4097])),
            3 => Math.Min(size, DialectLimits.CopiedBytesMax) + random.OneOf([1, 100, 4096, 20480]),
            4 or 5 => (long)random.Below(10) * (long)PageCount.One.Bytes,
            8 => random.OneOf([50L, 100, 1000, 4000]),    // a hole inside the first page
            6 => ((long)random.Below(10) * (long)PageCount.One.Bytes) + random.OneOf([1, 4095]),
            _ => random.Below(40960u),
        };
    }

    private long Count() => random.OneOf([0L, 1, 7, 7, 100, 100, 1000, 4095, 4096, 4097, 8192, 16384, 20480, 40000]);
}
