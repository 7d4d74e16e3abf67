using Paging.Pictures;

namespace Paging.Tour;

/// <summary>Draws one picture of a machine; null while there is nothing to draw, as for a process that has exited.</summary>
public delegate Figure? StoryCamera(StoryLook look);
