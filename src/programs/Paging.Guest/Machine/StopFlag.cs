namespace Paging.Guest.Machine;

/// <summary>True once the machine is to stop: a call that moves many bytes returns those it has moved.</summary>
internal sealed class StopFlag
{
    private volatile bool _isSet;

    /// <summary>May be set from any thread.</summary>
    public bool IsSet
    {
        get => _isSet;
        set => _isSet = value;
    }
}
