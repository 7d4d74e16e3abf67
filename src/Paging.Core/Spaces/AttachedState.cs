using Paging.Core.Threads;

namespace Paging.Core.Spaces;

/// <summary>The host's state of one process (<see cref="IHostState"/>), and the calls to it. The space holds it.</summary>
internal sealed class AttachedState(CallerCheck callers)
{
    private IHostState? _host;
    private byte[]? _loaded;    // the state of the saved process or image, until the host attaches its own

    /// <summary>The host's object; null: there is none. One that is attached to a loaded process gets the loaded state at once.</summary>
    public IHostState? Host
    {
        get => _host;
        set
        {
            _host = value;
            if (value is null || _loaded is not { } state) return;
            _loaded = null;
            Restore(state);
        }
    }

    /// <summary>True while a snapshot is written: the process goes there and back, which is no restore for the host.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Records the state that a loaded process had.</summary>
    public void Load(byte[] state) => _loaded = state;

    /// <summary>Copies the host's state for a snapshot; null without one. Returns false if the host's code has thrown.</summary>
    public bool TrySave(out byte[]? state)
    {
        state = null;
        if (_host is null || IsHeld) return true;
        using HostCall call = callers.Callbacks.Begin();
        try
        {
            ReadOnlySpan<byte> bytes = _host.Save();
            if (bytes.Length > IHostState.ByteLengthMax)
                throw new InvalidOperationException($"The host's state has {bytes.Length} bytes, and the limit is 64 MiB.");
            state = bytes.ToArray();
            return true;
        }
        catch (Exception failure)
        {
            callers.Keep(failure);
            return false;
        }
    }

    /// <summary>Gives the host the state of a snapshot. An exception waits until all processes have gone back.</summary>
    public void Restore(byte[]? state)
    {
        if (state is null || _host is null || IsHeld) return;
        using HostCall call = callers.Callbacks.Begin();
        try
        {
            _host.Restore(state);
        }
        catch (Exception failure)
        {
            callers.Keep(failure);
        }
    }
}
