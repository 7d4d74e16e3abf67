using Paging.Native.Collections;

namespace Paging.Bench.Harness;

/// <summary>A world that several races use, one after the other.</summary>
internal interface ISharedWorld
{
    /// <summary>Releases it. The next race that asks gets a new one.</summary>
    void Release();
}

/// <summary>Made for the first race that asks and kept until the last one: a gigabyte takes seconds of the host's page faults.</summary>
internal sealed class SharedWorld<T>(Func<T> make) : ISharedWorld
    where T : class, IDisposable
{
    private T? _world;

    /// <summary>The world, as the last race has left it.</summary>
    public T Enter() => _world ??= make();

    /// <inheritdoc/>
    public void Release()
    {
        _world?.Dispose();
        _world = null;
    }
}
