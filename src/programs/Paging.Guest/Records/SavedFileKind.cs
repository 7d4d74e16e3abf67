namespace Paging.Guest.Records;

/// <summary>The kind of an open file in a checkpoint.</summary>
internal enum SavedFileKind
{
    /// <summary>One of the standard streams, which becomes that of the resuming process.</summary>
    Stream,

    /// <summary>A file, a directory or a device with a path.</summary>
    Named,

    /// <summary>A descriptor opened with O_PATH.</summary>
    Place,

    /// <summary>An end of a pipe without a name.</summary>
    Pipe,

    /// <summary>An end of a FIFO.</summary>
    NamedPipe,

    /// <summary>A file in the engine's memory without a path.</summary>
    InMemory,

    /// <summary>An unlinked file of the host.</summary>
    Lost,

    /// <summary>eventfd.</summary>
    Event,

    /// <summary>pidfd.</summary>
    Process,

    /// <summary>epoll.</summary>
    Epoll,

    /// <summary>A socket of AF_UNIX whose peer is in this machine.</summary>
    Socket,

    /// <summary>timerfd.</summary>
    Timer,

    /// <summary>signalfd.</summary>
    Signal,
}
