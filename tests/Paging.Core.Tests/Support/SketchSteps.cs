using Paging.Native;

namespace Paging.Core.Tests;

/// <summary>The verbs of a <see cref="Sketch"/>.</summary>
internal sealed class SketchSteps
{
    private const RemapFlags ToPlace = RemapFlags.MayMove | RemapFlags.Fixed;
    private readonly World _world;
    private readonly Stack<UserProcess> _parents = new();
    private int _descriptor = -1;

    public SketchSteps(World world)
    {
        _world = world;
        Current = world.First;
    }

    /// <summary>The process that plays.</summary>
    public UserProcess Current { get; private set; }

    private AddressSpace Memory => Current.Memory;

    /// <summary>Plays one step; the error of each call it makes.</summary>
    public Errno[] Play(string verb, string picture) => verb switch
    {
        "map" => Map(picture, MapFlags.None),
        "map-noreserve" => Map(picture, MapFlags.NoReserve),
        "map-stack" => Map(picture, MapFlags.Stack),
        "map-populate" => Map(picture, MapFlags.Populate),
        "unmap" => Each(picture, run => Memory.Unmap(World.At(run.First), World.Bytes(run.Count))),
        "protect" => Each(picture, run => Memory.Protect(World.At(run.First), World.Bytes(run.Count), AreaLetter.RightsOf(run.Letter))),
        "touch" => Each(picture, run => Touch(run, forWriting: true, MemoryFaultKind.None)),
        "read" => Each(picture, run => Touch(run, forWriting: false, MemoryFaultKind.None)),
        "refuse" => Each(picture, run => Touch(run, forWriting: true, MemoryFaultKind.NotMapped)),
        "lock" => Each(picture, run => Memory.Lock(World.At(run.First), World.Bytes(run.Count))),
        "lock-onfault" => Each(picture, run => Memory.Lock(World.At(run.First), World.Bytes(run.Count), LockFlags.OnFault)),
        "unlock" => Each(picture, run => Memory.Unlock(World.At(run.First), World.Bytes(run.Count))),
        "grow" => [Resize(picture, 'o', 'g')],
        "shrink" => [Resize(picture, 'k', 'x')],
        "move" => [Move(picture, ToPlace)],
        "leave" => [Move(picture, ToPlace | RemapFlags.DontUnmap)],
        "brk" => Break(int.Parse(picture)),
        "limit-as" => SetLimit(ResourceLimit.AddressSpace, int.Parse(picture)),
        "limit-data" => SetLimit(ResourceLimit.Data, int.Parse(picture)),
        "fork" => Fork(),
        "exit" => Exit(),
        _ => Each(picture, run => Memory.Advise(World.At(run.First), World.Bytes(run.Count), Enum.Parse<MemoryAdvice>(verb))),
    };

    private static Errno[] Each(string picture, Func<Run, Errno> call) => [.. Picture.Runs(picture).Select(call)];

    private Errno[] Map(string picture, MapFlags more) => [.. Picture.Areas(picture).Select(run => Memory.Map(
        World.At(run.First), World.Bytes(run.Count), AreaLetter.RightsOf(run.Letter),
        AreaLetter.FlagsOf(run.Letter) | MapFlags.Fixed | more, Descriptor(), World.Bytes(run.First), out _))];

    /// <summary>A file as long as the picture; a page of it is mapped where its own number is.</summary>
    private int Descriptor() => _descriptor >= 0 ? _descriptor : _descriptor = _world.OpenFile("f", 32);

    private Errno Touch(Run run, bool forWriting, MemoryFaultKind expected)
    {
        for (int page = run.First; page < run.First + run.Count; page++)
        {
            MemoryFault fault;
            if (forWriting) Memory.Mmu.TryWrite(World.At(page), (byte)1, out fault);
            else Memory.Mmu.TryRead(World.At(page), out byte _, out fault);
            if (fault.Kind != expected) throw new InvalidOperationException($"The access to page {page} ends with {fault}.");
        }

        return Errno.None;
    }

    private Errno Resize(string picture, char kept, char rest)
    {
        Run first = Picture.Only(picture, kept);
        uint whole = World.Bytes(first.Count + Picture.Only(picture, rest).Count);
        (uint oldLength, uint newLength) = rest == 'g' ? (World.Bytes(first.Count), whole) : (whole, World.Bytes(first.Count));
        return Memory.Remap(World.At(first.First), oldLength, newLength, RemapFlags.None, out _);
    }

    private Errno Move(string picture, RemapFlags flags)
    {
        Run from = Picture.Only(picture, 'a');
        Run to = Picture.Only(picture, 'A');
        return Memory.Remap(World.At(from.First), World.Bytes(from.Count), World.Bytes(to.Count), flags, World.At(to.First), out _);
    }

    /// <summary>The break so many pages after its first place; unchanged counts as ENOMEM.</summary>
    private Errno[] Break(int pageCount)
    {
        VirtualAddress wanted = World.At(Sketch.BreakColumn + pageCount);
        return [Memory.SetBreak(wanted) == wanted ? Errno.None : Errno.ENOMEM];
    }

    private Errno[] SetLimit(ResourceLimit limit, int pageCount)
    {
        Memory.SetLimit(limit, World.Bytes(pageCount));
        return [];
    }

    private Errno[] Fork()
    {
        _parents.Push(Current);
        Current = Current.Fork();
        return [];
    }

    private Errno[] Exit()
    {
        Current.Dispose();
        Current = _parents.Pop();
        return [];
    }
}
