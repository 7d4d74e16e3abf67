namespace Paging.Bench.Harness;

/// <summary>A world that several races run in, one after the other.</summary>
internal interface ISharedWorld
{
    /// <summary>Gives it back; the next race that asks gets a new one.</summary>
    void Release();
}

/// <summary>Made for the first race that asks, kept until nobody else will: a gigabyte is seconds of the host's page faults.</summary>
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
