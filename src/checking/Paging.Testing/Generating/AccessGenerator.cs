using Paging.Scripting.Calls;
using Paging.Testing.Randomness;
using Paging.Testing.World;

namespace Paging.Testing.Generating;

/// <summary>Makes the accesses of the program and the copies of the kernel.</summary>
internal sealed class AccessGenerator(FuzzRandom random, PlacePicker places)
{
    public ScenarioCall Access(WorldProcess process, CallName name)
    {
        long address = places.AccessAddress(process);
        return name switch
        {
            CallName.Load or CallName.Load32 => new(name, process.Number, 1, address),
            CallName.Store32 => new(name, process.Number, 2, address, (uint)random.Next()),
            CallName.Store or CallName.Add => new(name, process.Number, 2, address, (byte)random.Next()),
            CallName.Fill => new(name, process.Number, 3, address, ByteLength(), (byte)random.Next()),
            CallName.CopyIn => new(name, process.Number, 3, address, ByteLength(), random.Below(40)),
            _ => new(name, process.Number, 2, address, ByteLength()),
        };
    }

    /// <summary>Mostly a few bytes: it is borders that matter, and every byte takes its time on every machine.</summary>
    private long ByteLength()
    {
        int kind = random.Below(100);
        if (kind < 4) return 0;
        if (kind < 40) return 1 + random.Below(16);
        if (kind < 65) return 1 + random.Below(300);
        if (kind < 85) return random.OneOf([4095L, 4096, 4097]);
        return ((long)random.Skewed(8) * 4096) + random.Below(2);
    }
}
