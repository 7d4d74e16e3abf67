namespace Paging.Core;

/// <summary>Takes a page of a process that is being saved. It may not call the engine.</summary>
/// <param name="page">Its 4096 bytes, for the time of the call.</param>
public delegate void SnapshotPageSink(ReadOnlySpan<byte> page);
