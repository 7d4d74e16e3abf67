using Paging.Core;

namespace Paging.Interop;

/// <summary>A snapshot that a handle stands for, of a process or of an engine, and the names under which it saves files.</summary>
internal sealed class TakenSnapshot : IDisposable
{
    private readonly Snapshot? _one;
    private readonly EngineSnapshot? _all;
    private readonly Dictionary<int, string?> _names = [];

    public TakenSnapshot(Snapshot one) => _one = one;

    public TakenSnapshot(EngineSnapshot all) => _all = all;

    public bool IsValid => _one?.IsValid ?? _all!.IsValid;

    public long DirtyPages => _one?.DirtyPages.Value ?? _all!.DirtyPageCount;

    /// <summary>The snapshot of a handle of either kind.</summary>
    /// <exception cref="RefusalException">The handle stands for something else.</exception>
    public static TakenSnapshot Of(ulong handle) =>
        Handles.Get(handle, out _, out _) as TakenSnapshot ?? Handles.Get<TakenSnapshot>(handle, HandleKind.Snapshot);

    public Errno Restore() => _one?.Restore() ?? _all!.Restore();

    public void KeepWritten(bool on)
    {
        if (_one is not null) _one.KeepsWrittenPages = on;
        else _all!.KeepsWrittenPages = on;
    }

    /// <summary>Sets the name under which an object is saved; null: as without one.</summary>
    public void Name(int number, string? name) => _names[number] = name;

    public void Save(Stream stream)
    {
        if (_one is not null) _one.Save(stream, pages: null, NameOf);
        else _all!.Save(stream, pages: null, NameOf);
    }

    /// <summary>Makes a <see cref="ProcessImage"/> or an <see cref="EngineImage"/>.</summary>
    public object ToImage() => _one is not null ? ProcessImage.Of(_one, NameOf) : EngineImage.Of(_all!, NameOf);

    /// <summary>Makes an image of what differs from another one.</summary>
    /// <exception cref="RefusalException">One of the two is of an engine, and the other one of a process.</exception>
    public object ToDelta(object parent) => (_one, parent) switch
    {
        (not null, ProcessImage one) => ProcessImage.DeltaOf(_one, one, NameOf),
        (null, EngineImage all) => EngineImage.DeltaOf(_all!, all, NameOf),
        _ => throw new RefusalException(BorderCode.BadArgument, _one is null
            ? "parent is the image of a process, and the snapshot is of an engine."
            : "parent is the image of an engine, and the snapshot is of a process."),
    };

    public void Dispose()
    {
        _one?.Dispose();
        _all?.Dispose();
    }

    private string? NameOf(int number) => _names.GetValueOrDefault(number);
}
