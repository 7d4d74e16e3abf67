using Paging.Core;

namespace Paging.View;

/// <summary>Adds the events that an engine has recorded to a list.</summary>
/// <param name="events">The list.</param>
public readonly struct EventCollector(ICollection<EngineEvent> events) : IEngineEventSink
{
    /// <inheritdoc/>
    public void Take(in EngineEvent happened) => events.Add(happened);
}
