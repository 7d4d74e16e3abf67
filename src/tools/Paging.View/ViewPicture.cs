namespace Paging.View;

/// <summary>A picture as the page gets it.</summary>
/// <param name="Title">Its caption.</param>
/// <param name="Element">The drawing.</param>
/// <param name="Mark">Differs where the drawing does.</param>
internal sealed record ViewPicture(string Title, string Element, string Mark);
