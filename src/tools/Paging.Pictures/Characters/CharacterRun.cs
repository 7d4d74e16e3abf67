namespace Paging.Pictures.Characters;

/// <summary>Characters beside each other in one ink.</summary>
/// <param name="Text">The characters, each one column wide.</param>
/// <param name="Ink">What their colour means.</param>
public readonly record struct CharacterRun(string Text, CharacterInk Ink);
