using Paging.Core;
using Paging.Scripting.Calls;
using Paging.Testing.Randomness;
using Paging.Testing.World;

namespace Paging.Testing.Generating;

/// <summary>Makes the next call of a scenario from its seed and its live state; always one that the dialect defines.</summary>
internal sealed class ScenarioGenerator
{
    private const int AttemptCountMax = 40;

    private readonly ScenarioWorld _world;
    private readonly Swarm _swarm;
    private readonly FuzzRandom _random;
    private readonly MappingGenerator _mapping;
    private readonly AdviceGenerator _advice;
    private readonly FileGenerator _files;
    private readonly AccessGenerator _accesses;
    private readonly InspectionGenerator _inspections;
    private readonly HugeGenerator _huge;
    private readonly MutantGenerator? _mutants;
    private int _current;
    private bool _hasBegun;

    public ScenarioGenerator(ScenarioWorld world, Swarm swarm, FuzzRandom random)
    {
        (_world, _swarm, _random) = (world, swarm, random);
        PlacePicker places = new(world, swarm, random);
        _mapping = new(world, swarm, random, places);
        _advice = new(swarm, random, places);
        _files = new(swarm, random);
        _accesses = new(random, places);
        _inspections = new(world, swarm, random, places);
        _huge = new(world, swarm, random, places);
        if (swarm.Original is { } original) _mutants = new(world, random, original, Make);
    }

    /// <summary>Calls that were made and thrown away, because the dialect leaves them open.</summary>
    public long RefusedCount { get; private set; }

    /// <summary>The next call.</summary>
    public ScenarioCall Next()
    {
        bool begins = !_hasBegun;
        _hasBegun = true;
        if (begins && _swarm.Family == SwarmFamily.Exhausted) return FillTheSpace();
        for (int attempt = 0; attempt < AttemptCountMax; attempt++)
        {
            if (_mutants is not null && _mutants.TryNext(out ScenarioCall mutant))
            {
                if (DialectLimits.Of(_world, mutant) == DialectLimit.None) return mutant;
                RefusedCount++;
                continue;
            }

            WorldProcess process = PickProcess();
            ScenarioCall call = Make(process, _swarm.DrawName(_random));
            if (DialectLimits.Of(_world, call) == DialectLimit.None) return call;
            RefusedCount++;
        }

        return new(CallName.Vm, PickProcess().Number, 0);
    }

    /// <summary>Maps all of the usable user half, without rights and without committing memory.</summary>
    private ScenarioCall FillTheSpace()
    {
        long low = _random.OneOf([0x10000L, 0x10000, 0x20_0000]);
        const long flags = (long)(MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.NoReserve);
        return new(CallName.Mmap, 0, 6, low, _world.Header.Reserved.Value - low, 0, flags, -1, 0);
    }

    /// <summary>The one of the last call more often than not: a process needs a few calls to get somewhere.</summary>
    private WorldProcess PickProcess()
    {
        if (_random.Percent(70) && _world.Find(_current) is { } again) return again;
        WorldProcess? found;
        do _current = _random.Below(_world.Processes.Count);
        while ((found = _world.Find(_current)) is null);
        return found;
    }

    private ScenarioCall Make(WorldProcess process, CallName name)
    {
        switch (name)
        {
            case CallName.Mmap: return _mapping.Map(process);
            case CallName.Munmap: return _mapping.Unmap(process);
            case CallName.Mprotect: return _mapping.Protect(process);
            case CallName.Mremap: return _mapping.Remap(process);
            case CallName.Brk: return _mapping.Break(process);
            case CallName.Madvise: return _advice.Advise(process);
            case CallName.Msync: return _advice.Synchronize(process);
            case CallName.Mlock or CallName.Munlock or CallName.Mlock2: return _advice.Lock(process, name);
            case CallName.Mlockall: return _advice.LockAll(process);
            case CallName.Munlockall: return new(name, process.Number, 0);
            case CallName.Mincore: return _advice.InCore(process);
            case CallName.Rlimit: return _advice.Limit(process);
            case >= CallName.Open and <= CallName.OpenDir: return _files.Open(process, name);
            case >= CallName.Close and <= CallName.Punch: return _files.OnDescriptor(process, name);
            case >= CallName.Load and <= CallName.CopyOut: return _accesses.Access(process, name);
            case CallName.Fork when _world.Processes.Count < _swarm.ProcessCountMax: return new(name, process.Number, 0);
            case CallName.Exit when _world.LiveCount > 1: return new(name, process.Number, 1, _random.Below(4));
            case CallName.Fork or CallName.Exit: return new(CallName.Vm, process.Number, 0);
            case CallName.Fallocate when _swarm.HugeBytes == 0: return _files.OnDescriptor(process, name);
            case CallName.MemFd or CallName.Fallocate or CallName.Fsize or CallName.Prctl or CallName.SetPool:
            case >= CallName.Pool and <= CallName.Smaps: return _huge.Make(process, name);
            default: return _inspections.Inspect(process, name);
        }
    }
}
