namespace Paging.Guest.Tasks;

/// <summary>The place of a waiting task in a queue, by which others find it.</summary>
internal interface IAwaited
{
    /// <summary>Called at the end of the wait: by success, a signal, or the end of the task.</summary>
    void Left() { }
}
